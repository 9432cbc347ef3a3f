// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.ACQUIRE_ADDRESSES;
import static io.mainstay.election.ElectionAction.ANNOUNCE_ADDRESSES;
import static io.mainstay.election.ElectionAction.PROBE_ADDRESSES;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** An Active beyond the table of transitions, and what it does after a stall. */
class ActiveTest extends VirtualRouterBench {

    @Test
    void itAnswersALoserAtOnceAndAnnouncesAnew() {
        becomeActive();
        after(Duration.ofMillis(500));
        hear(99, PEER);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ANNOUNCE_ADDRESSES);
        assertThat(notices()).containsExactly("contending-active");
    }

    @Test
    void itDoesNotAnswerALoserThatCannotHaveHeardTheLastAdvertisementYet() {
        becomeActive();
        after(Duration.ofMillis(500));
        hear(99, PEER);
        actions();
        after(Duration.ofMillis(62));
        hear(99, PEER);
        assertThat(actions()).containsExactly(ANNOUNCE_ADDRESSES);
        after(Duration.ofMillis(1));
        hear(99, PEER);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ANNOUNCE_ADDRESSES);
    }

    @Test
    void whatTheGuardSaidInItsPlaceCountsAsSaid() {
        becomeActive();
        MonotonicInstant before = now;
        after(SECOND.multipliedBy(4));
        router.onStoodIn(before.plus(SECOND.multipliedBy(3)), now);
        router.onTime(now);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT);
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void whatTheGuardSaidTooLongAgoDoesNot() {
        becomeActive();
        MonotonicInstant before = now;
        after(SECOND.multipliedBy(4));
        router.onStoodIn(before.plus(SECOND), now);
        router.onTime(now);
        assertThat(actions()).containsExactly(RELEASE_ADDRESSES, PROBE_ADDRESSES);
        assertThat(reasons()).containsExactly("stalled");
    }

    @Test
    void afterAStallWhoHasTheAddressesIsGivenTheTimeToBeHeard() {
        becomeActive();
        timePasses(SECOND.multipliedBy(4));
        MonotonicInstant noticed = now;
        assertThat(actions()).containsExactly(RELEASE_ADDRESSES, PROBE_ADDRESSES);
        timePasses(Duration.ofMillis(2));
        router.onAddressClaimed(now);
        timePasses(Duration.ofMillis(100));
        router.onAddressClaimed(now);
        assertThat(router.nextDeadline()).contains(noticed.plus(ACTIVE_DOWN));
        hear(0, PEER);
        assertThat(router.nextDeadline())
                .as("it resigns")
                .hasValueSatisfying(deadline -> assertThat(deadline).isLessThan(now.plus(SECOND)));
        MonotonicInstant skewed = router.nextDeadline().orElseThrow();
        router.onAddressClaimed(now);
        assertThat(router.nextDeadline())
                .as("while it serves on until relieved")
                .contains(skewed);
    }

    @Test
    void whatTheGuardSaidBeforeItSpokeItselfChangesNothing() {
        becomeActive();
        MonotonicInstant before = now;
        serve(1);
        router.onStoodIn(before, now);
        assertThat(router.overdueFrom()).contains(now.plus(Duration.ofMillis(1500)));
    }

    @Test
    void theGuardMaySpeakForItWhenItIsHalfAnIntervalLate() {
        assertThat(router.overdueFrom()).isEmpty();
        becomeActive();
        assertThat(router.overdueFrom()).contains(now.plus(Duration.ofMillis(1500)));
        router.onHandOver(SECOND, now);
        assertThat(router.overdueFrom()).isEmpty();
        hear(99, PEER);
        assertThat(router.isActive()).isFalse();
        assertThat(router.overdueFrom()).isEmpty();
    }

    @Test
    void aContenderIsNoticedOnceInTenSeconds() {
        becomeActive();
        for (int i = 0; i < 25; i++) {
            // Not for so long that this node gives way.
            if (i % 10 < 5) {
                hear(99, PEER);
            }
            timePasses(SECOND);
            actions();
        }
        assertThat(notices()).containsExactly("contending-active", "contending-active", "contending-active");
    }

    @Test
    void itTellsWhoMadeItStepBack() {
        becomeActive();
        hear(101, PEER);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, RELEASE_ADDRESSES_TO_SUCCESSOR);
        TransitionCause cause = changes().getFirst().cause();
        assertThat(cause.reason()).isEqualTo(TransitionReason.HIGHER_PRIORITY);
        assertThat(cause.peer()).contains(new PeerRouter(PEER, new Priority(101)));
        assertThat(router.activeAddress()).contains(PEER);
    }

    @Test
    void theLastWordOfTheActiveThatItPreemptedIsNoContention() {
        router = router(100, true, Duration.ZERO, ChecksumPreference.AUTO);
        linkUp(OURS);
        while (!router.isActive()) {
            hear(50, PEER);
            timePasses(SECOND);
        }
        hear(50, PEER);
        assertThat(notices()).isEmpty();
        assertThat(actions()).contains(SEND_ADVERTISEMENT, ANNOUNCE_ADDRESSES);
        hear(50, PEER);
        assertThat(notices()).containsExactly("contending-active");
    }

    @Test
    void aChangedPrimaryAddressCountsInTheTieBreak() {
        becomeActive();
        linkUp(IpAddress.parse("198.18.0.40"));
        after(Duration.ofMillis(500));
        hear(100, PEER);
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void shuttingDownSaysFarewell() {
        becomeActive();
        router.onShutdown(now);
        assertThat(actions()).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES);
        assertThat(router.resignation(IpFamily.IPV4).priority()).isEqualTo(Priority.RESIGN);
        assertThat(reasons()).containsExactly("shutdown");
    }

    @Test
    void itGivesUpWithoutAWordAndTellsHowLongItWasSilent() {
        becomeActive();
        timePasses(Duration.ofSeconds(3));
        assertThat(actions()).containsExactly(RELEASE_ADDRESSES, PROBE_ADDRESSES);
        TransitionCause cause = changes().getFirst().cause();
        assertThat(cause.reason()).isEqualTo(TransitionReason.STALLED);
        assertThat(cause.silence()).contains(Duration.ofSeconds(3));
    }

    @Test
    void aNodeAloneIsBackAfterOneIntervalAndSkew() {
        becomeActive();
        timePasses(Duration.ofSeconds(10));
        actions();
        timePasses(SECOND.plus(SKEW));
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
    }

    @Test
    void justShortOfThreeIntervalsItGoesOn() {
        becomeActive();
        timePasses(Duration.ofSeconds(3).minusNanos(1));
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT);
    }

    @Test
    void itFollowsAPeerThatTookOverIfItMayNotPreempt() {
        router = router(100, false, Duration.ZERO, ChecksumPreference.AUTO);
        becomeActive();
        after(Duration.ofSeconds(5));
        hear(50, PEER);
        assertThat(actions()).containsExactly(RELEASE_ADDRESSES, PROBE_ADDRESSES);
        assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
        assertThat(router.activeAddress()).contains(PEER);
    }
}
