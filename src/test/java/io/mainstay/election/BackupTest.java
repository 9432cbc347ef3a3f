// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A Backup beyond the table of transitions. */
class BackupTest extends VirtualRouterBench {

    @Test
    void itWaitsForTheIntervalOfTheActive() {
        linkUp(OURS);
        hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(router.activeInterval()).isEqualTo(Duration.ofMillis(100));
        timePasses(ACTIVE_DOWN.dividedBy(10));
        assertThat(router.isActive()).isTrue();
        assertThat(router.activeInterval()).isEqualTo(SECOND);
    }

    @Test
    void theLastWordOfAnActiveThatStepsBackDoesNotHastenTheTakeover() {
        linkUp(OURS);
        hear(230, PEER);
        MonotonicInstant deadline = now.plus(ACTIVE_DOWN);
        Duration shorter = Duration.ofMillis(100);
        hear(210, OTHER_PEER, shorter, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(router.nextDeadline()).contains(deadline);
        hear(210, OTHER_PEER, shorter, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(router.nextDeadline())
                .as("one that goes on is followed")
                .contains(now.plus(ACTIVE_DOWN.dividedBy(10)));
    }

    @Test
    void aRepeatedFarewellDoesNotPutTheTakeoverOff() {
        linkUp(OURS);
        hear(200, PEER);
        hear(0, PEER);
        MonotonicInstant deadline = now.plus(SKEW);
        after(Duration.ofMillis(200));
        hear(0, PEER);
        assertThat(router.nextDeadline()).contains(deadline);
    }

    @Test
    void theLateFarewellOfAPredecessorStartsNoElection() {
        linkUp(OURS);
        hear(200, PEER);
        Optional<MonotonicInstant> deadline = router.nextDeadline();
        hear(0, OTHER_PEER);
        assertThat(router.nextDeadline()).isEqualTo(deadline);
    }

    @Test
    void afterAFarewellTheReasonIsThatTheActiveResigned() {
        linkUp(OURS);
        hear(200, PEER);
        hear(0, PEER);
        timePasses(SKEW);
        assertThat(reasons()).containsExactly("started", "active-resigned");
    }

    @Test
    void itPreemptsALowerPriorityWithinTheActiveDownInterval() {
        linkUp(OURS);
        for (int i = 0; i < 3; i++) {
            hear(99, PEER);
            after(SECOND);
        }
        timePasses(SKEW);
        assertThat(reasons()).containsExactly("started", "preempted-lower");
    }

    @Test
    void thePreemptDelayLetsALowerPriorityBeAtFirst() {
        router = router(100, true, Duration.ofSeconds(10), ChecksumPreference.AUTO);
        linkUp(OURS);
        MonotonicInstant firstHeard = now;
        while (now.isBefore(firstHeard.plus(Duration.ofSeconds(10)))) {
            hear(99, PEER);
            timePasses(SECOND);
            assertThat(router.isActive()).isFalse();
        }
        while (!router.isActive() && now.isBefore(firstHeard.plus(Duration.ofSeconds(20)))) {
            hear(99, PEER);
            timePasses(SECOND);
        }
        assertThat(router.isActive()).isTrue();
        // The last advertisement that counted came at 9 s.
        assertThat(now.since(firstHeard)).isEqualTo(Duration.ofSeconds(13));
    }

    @Test
    void thePreemptDelayBeginsAnewWhenAHigherPriorityWasHeard() {
        router = router(100, true, Duration.ofSeconds(10), ChecksumPreference.AUTO);
        linkUp(OURS);
        hear(99, PEER);
        after(Duration.ofSeconds(3));
        hear(200, OTHER_PEER);
        after(Duration.ofSeconds(3));
        hear(99, PEER);
        assertThat(router.state())
                .isInstanceOfSatisfying(
                        ElectionState.Backup.class,
                        backup -> assertThat(backup.preemptFrom()).contains(now.plus(Duration.ofSeconds(10))));
    }

    @Test
    void wokenAnIntervalTooLateItListensOnceMoreBeforeItTakesOver() {
        linkUp(OURS);
        hear(200, PEER);
        timePasses(ACTIVE_DOWN.plus(SECOND));
        assertThat(router.isActive()).isFalse();
        assertThat(router.nextDeadline()).contains(now.plus(SECOND).plus(SKEW));
        timePasses(Duration.ofSeconds(30));
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void wokenLateItFollowsAnActiveThatItHearsThen() {
        linkUp(OURS);
        hear(200, PEER);
        timePasses(ACTIVE_DOWN.plus(SECOND));
        hear(200, PEER);
        assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
        assertThat(reasons()).containsExactly("started");
    }

    @Test
    void itsOwnAdvertisementComingBackChangesNothing() {
        linkUp(OURS);
        ElectionState before = router.state();
        hear(200, OURS);
        assertThat(router.state()).isEqualTo(before);
        assertThat(notices()).containsExactly("own-address-heard");
    }
}
