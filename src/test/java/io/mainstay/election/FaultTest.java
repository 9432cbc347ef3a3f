// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stepping down because of a fault, and coming back. */
class FaultTest extends VirtualRouterBench {

    @Test
    void thePauseBeforeAnotherTryDoublesUpToHalfAMinute() {
        linkUp(OURS);
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            timePasses(ACTIVE_DOWN);
            router.onAddressesUnavailable("add 198.18.0.200/24 to eth0: operation not permitted (errno 1)", now);
            actions();
            assertThat(router.state()).isInstanceOf(ElectionState.Fault.class);
            MonotonicInstant retry = router.nextDeadline().orElseThrow();
            pauses.add(retry.since(now).toSeconds());
            now = retry;
            router.onTime(now);
            assertThat(router.state()).isInstanceOf(ElectionState.Backup.class);
        }
        assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
    }

    @Test
    void servingEndsTheRowOfFailures() {
        linkUp(OURS);
        for (int i = 0; i < 3; i++) {
            timePasses(ACTIVE_DOWN);
            actions();
            router.onAddressesUnavailable("no", now);
            now = router.nextDeadline().orElseThrow();
            router.onTime(now);
        }
        timePasses(ACTIVE_DOWN);
        actions();
        router.onAddressesHeld(now);
        serve(1);
        router.onAddressesUnavailable("no", now);
        assertThat(router.nextDeadline()).contains(now.plus(SECOND));
    }

    @Test
    void twoAdvertisementsInARowThatCannotBeSentAreOne() {
        becomeActive();
        serve(1);
        timePasses(SECOND);
        assertThat(router.pollAction()).isEqualTo(SEND_ADVERTISEMENT);
        router.onAdvertisementFailed("send: no buffer space (errno 105)", now);
        assertThat(router.isActive()).isTrue();
        timePasses(SECOND);
        assertThat(router.pollAction()).isEqualTo(SEND_ADVERTISEMENT);
        router.onAdvertisementFailed("send: no buffer space (errno 105)", now);
        StateChange change = changes().getFirst();
        assertThat(change.cause().reason()).isEqualTo(TransitionReason.CANNOT_ADVERTISE);
        assertThat(change.cause().silence()).contains(Duration.ofSeconds(2));
        assertThat(change.cause().detail()).contains("send: no buffer space (errno 105)");
    }

    @Test
    void oneThatCannotBeSentIsNone() {
        becomeActive();
        timePasses(SECOND);
        assertThat(router.pollAction()).isEqualTo(SEND_ADVERTISEMENT);
        router.onAdvertisementFailed("send: no buffer space (errno 105)", now);
        serve(3);
    }

    @Test
    void theIntervalIsLearntAnew() {
        linkUp(OURS);
        hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        router.onLinkDown(new FaultCause(TransitionReason.NO_CARRIER, "interface eth0"), now);
        assertThat(router.activeAddress()).isEmpty();
        linkUp(OURS);
        assertThat(router.activeInterval()).isEqualTo(SECOND);
        assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
    }

    @Test
    void aReasonThatIsNoFaultIsRefused() {
        assertThatThrownBy(() -> new FaultCause(TransitionReason.STARTED, "x"))
                .hasMessage("fault reason: started (expected: one that is a fault)");
    }
}
