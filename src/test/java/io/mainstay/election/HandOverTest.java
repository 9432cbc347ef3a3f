// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.HOLD_ANNOUNCEMENTS;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR;
import static io.mainstay.election.ElectionAction.RESUME_ANNOUNCEMENTS;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Handing over on request. */
class HandOverTest extends VirtualRouterBench {

    private void handOver() {
        becomeActive();
        serve(2);
        router.onHandOver(router.defaultHandOverTimeout(), now);
        assertThat(actions()).containsExactly(HOLD_ANNOUNCEMENTS, SEND_RESIGNATION);
        assertThat(router.isHandingOver()).isTrue();
    }

    @Test
    void itServesUntilAPeerIsHeard() {
        handOver();
        timePasses(Duration.ofNanos(62_500_000));
        assertThat(actions()).containsExactly(SEND_RESIGNATION);
        timePasses(Duration.ofMillis(500));
        assertThat(actions()).isEmpty();
        assertThat(router.isActive()).isTrue();
        hear(50, PEER);
        assertThat(actions()).containsExactly(RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(reasons()).containsExactly("hand-over-started", "handed-over");
    }

    @Test
    void itIsRefusedWhenNoPeerTakesOverInTime() {
        handOver();
        List<ElectionAction> sent = new ArrayList<>();
        while (router.isHandingOver()) {
            now = router.nextDeadline().orElseThrow();
            router.onTime(now);
            sent.addAll(actions());
        }
        // At 62.5 ms and, one interval and a sixteenth apart, at 1.125 s, 2.188 s and 3.25 s.
        assertThat(sent)
                .containsExactly(
                        SEND_RESIGNATION,
                        SEND_RESIGNATION,
                        SEND_RESIGNATION,
                        SEND_RESIGNATION,
                        SEND_ADVERTISEMENT,
                        RESUME_ANNOUNCEMENTS);
        assertThat(reasons()).containsExactly("hand-over-started", "hand-over-refused");
        assertThat(router.isActive()).isTrue();
        serve(2);
    }

    @Test
    void itDoesNotTakeBackFromALowerPriority() {
        handOver();
        hear(50, PEER);
        assertThat(router.isPreemptionSuspended()).isTrue();
        for (int i = 0; i < 20; i++) {
            timePasses(SECOND);
            hear(50, PEER);
        }
        assertThat(router.isActive()).isFalse();
    }

    @Test
    void itTakesBackWhenTheOperatorAllowsIt() {
        handOver();
        hear(50, PEER);
        router.onPreemptionResumed(now);
        assertThat(router.isPreemptionSuspended()).isFalse();
        hear(50, PEER);
        timePasses(ACTIVE_DOWN);
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void itTakesBackWhenTheNewActiveIsLost() {
        handOver();
        hear(50, PEER);
        timePasses(ACTIVE_DOWN);
        assertThat(router.isActive()).isTrue();
        assertThat(router.isPreemptionSuspended()).isFalse();
    }

    @Test
    void itTakesBackWhenTheNewActiveResigns() {
        handOver();
        hear(50, PEER);
        hear(0, PEER);
        assertThat(router.isPreemptionSuspended()).isFalse();
        timePasses(SKEW);
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void theSuspensionOutlivesALinkFault() {
        handOver();
        hear(50, PEER);
        router.onLinkDown(new FaultCause(TransitionReason.NO_CARRIER, "interface eth0"), now);
        assertThat(router.isPreemptionSuspended()).isTrue();
        linkUp(OURS);
        assertThat(router.isPreemptionSuspended()).isTrue();
    }

    @Test
    void anOwnerThatHandedOverComesBackAsBackup() {
        router = router(255, false, Duration.ZERO, ChecksumPreference.AUTO);
        linkUp(OURS);
        router.onHandOver(SECOND, now);
        hear(50, PEER);
        router.onLinkDown(new FaultCause(TransitionReason.NO_CARRIER, "interface eth0"), now);
        linkUp(OURS);
        assertThat(router.state()).isInstanceOf(ElectionState.Backup.class);
    }

    @Test
    void aSecondRequestChangesNothing() {
        handOver();
        ElectionState before = router.state();
        after(Duration.ofMillis(10));
        router.onHandOver(Duration.ofSeconds(60), now);
        assertThat(router.state()).isEqualTo(before);
    }
}
