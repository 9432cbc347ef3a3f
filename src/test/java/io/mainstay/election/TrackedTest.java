// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is tracked, and the start-up delay, as they meet the election. */
class TrackedTest extends VirtualRouterBench {

    private static final FaultCause SCRIPT = new FaultCause(TransitionReason.TRACKER_FAILED, "script db");
    private static final FaultCause NO_CARRIER = new FaultCause(TransitionReason.NO_CARRIER, "interface eth0");

    private void track(int priority) {
        router.onTracked(new Tracked(new Priority(priority), Optional.empty(), Optional.empty()), now);
    }

    private void fail(int priority) {
        router.onTracked(new Tracked(new Priority(priority), Optional.of(SCRIPT), Optional.empty()), now);
    }

    private void await(String undecided) {
        router.onTracked(new Tracked(new Priority(100), Optional.empty(), Optional.of(undecided)), now);
    }

    @Test
    void anActiveWhosePriorityChangesSaysSoAtOnce() {
        becomeActive();
        after(Duration.ofMillis(300));
        track(40);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT);
        assertThat(router.advertisement(IpFamily.IPV4).priority()).isEqualTo(new Priority(40));
        assertThat(router.effectivePriority()).isEqualTo(new Priority(40));
        assertThat(router.nextDeadline()).contains(now.plus(SECOND));
        track(40);
        assertThat(actions()).isEmpty();
    }

    @Test
    void itYieldsToWhoeverComesFirstThen() {
        becomeActive();
        track(40);
        hear(41, OTHER_PEER);
        assertThat(reasons()).containsExactly("higher-priority");
    }

    @Test
    void aBackupPreemptsByItsPriorityOfNow() {
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        hear(150, PEER);
        track(200);
        MonotonicInstant deadline = router.nextDeadline().orElseThrow();
        after(SECOND);
        hear(150, PEER);
        assertThat(router.nextDeadline()).contains(deadline);
        // (256 - 200) / 256 of a second
        assertThat(deadline.plus(SECOND)).isEqualTo(now.plus(Duration.ofNanos(3_218_750_000L)));
        now = deadline;
        router.onTime(now);
        assertThat(reasons()).containsExactly("started", "preempted-lower");
    }

    @Test
    void contentionIsJudgedByThePriorityOfNow() {
        becomeActive();
        track(40);
        hear(40, OTHER_PEER);
        assertThat(notices()).containsExactly("contending-active");
    }

    @Test
    void whatIsNeededAndFailsMakesTheActiveResign() {
        becomeActive();
        fail(90);
        assertThat(actions()).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES);
        assertThat(reasons()).containsExactly("tracker-failed");
        assertThat(router.nextDeadline()).isEmpty();
        assertThat(router.effectivePriority()).isEqualTo(new Priority(90));
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        assertThat(router.state().label()).isEqualTo("FAULT");
        track(100);
        assertThat(reasons()).containsExactly("tracker-recovered");
        assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
    }

    @Test
    void bothTheLinkAndWhatIsTrackedHaveToBeThere() {
        becomeActive();
        router.onLinkDown(NO_CARRIER, now);
        fail(100);
        assertThat(reasons()).containsExactly("no-carrier");
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        assertThat(reasons()).containsExactly("tracker-failed");
        router.onLinkDown(NO_CARRIER, now);
        track(100);
        assertThat(reasons()).containsExactly("no-carrier");
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        assertThat(reasons()).containsExactly("link-recovered");
    }

    @Test
    void aFailureInThePauseAfterAFaultOutlastsThePause() {
        becomeActive();
        router.onAddressesUnavailable("add 198.18.0.200/24 to eth0: operation not permitted (errno 1)", now);
        fail(100);
        assertThat(reasons()).containsExactly("addresses-unavailable", "tracker-failed");
        timePasses(Duration.ofSeconds(5));
        assertThat(router.state().label()).isEqualTo("FAULT");
        track(100);
        assertThat(reasons()).containsExactly("tracker-recovered");
    }

    @Test
    void itStartsWhenAllThatIsTrackedWasLookedAtOnce() {
        await("the first result of script db");
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        hear(1, PEER);
        timePasses(Duration.ofMinutes(1));
        assertThat(router.state().label()).isEqualTo("INITIALIZE");
        assertThat(router.waitsFor()).contains("the first result of script db");
        assertThat(router.nextDeadline()).isEmpty();
        fail(100);
        assertThat(reasons()).containsExactly("tracker-failed");
        assertThat(router.waitsFor()).isEmpty();
    }

    @Test
    void itStartsWhenTheDelayIsOverAndNotBefore() {
        router.delayStartUntil(now.plus(SECOND));
        assertThat(router.waitsFor()).contains("the end of the start-up delay");
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        assertThat(router.nextDeadline()).contains(now.plus(SECOND));
        timePasses(Duration.ofMillis(999));
        hear(1, PEER);
        router.onLinkDown(NO_CARRIER, now);
        assertThat(router.state().label()).isEqualTo("INITIALIZE");
        router.onLinkUp(Map.of(IpFamily.IPV4, OURS), now);
        timePasses(Duration.ofMillis(1));
        assertThat(reasons()).containsExactly("started");
        assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
    }

    @Test
    void whoeverIsNotKnownToHaveALinkWaitsForIt() {
        router.delayStartUntil(now.plus(SECOND));
        timePasses(SECOND);
        assertThat(router.waitsFor()).contains("a first look at the interface");
        assertThat(router.nextDeadline()).isEmpty();
        router.onLinkDown(NO_CARRIER, now);
        assertThat(reasons()).containsExactly("no-carrier");
    }

    @Test
    void nobodyBecomesAnOwnerOrStopsToBeOneOrResignsByItsPriority() {
        assertThatThrownBy(() -> track(255)).hasMessage("effective priority: 255 (expected: 1..254)");
        assertThatThrownBy(() -> track(0)).hasMessage("effective priority: 0 (expected: 1..254)");
        router = router(255, true, Duration.ZERO, ChecksumPreference.AUTO);
        assertThatThrownBy(() -> track(254)).hasMessage("effective priority: 254 (expected: 255)");
        track(255);
    }
}
