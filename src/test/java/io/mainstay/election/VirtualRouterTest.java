// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.ACQUIRE_ADDRESSES;
import static io.mainstay.election.ElectionAction.ANNOUNCE_ADDRESSES;
import static io.mainstay.election.ElectionAction.HOLD_ANNOUNCEMENTS;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR;
import static io.mainstay.election.ElectionAction.RESUME_ANNOUNCEMENTS;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class VirtualRouterTest {

    private static final IpAddress OURS = IpAddress.parse("198.18.0.20");
    private static final IpAddress PEER = IpAddress.parse("198.18.0.30");
    private static final IpAddress OTHER_PEER = IpAddress.parse("198.18.0.10");
    private static final List<IpAddress> ADDRESSES = List.of(IpAddress.parse("198.18.0.200"));
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** (256 - 100) / 256 of a second. */
    private static final Duration SKEW = Duration.ofNanos(609_375_000);

    private static final Duration ACTIVE_DOWN = SECOND.multipliedBy(3).plus(SKEW);

    private VirtualRouter router = router(100, true, Duration.ZERO, ChecksumPreference.AUTO);
    private MonotonicInstant now = new MonotonicInstant(5_000);

    private static VirtualRouter router(
            int priority, boolean preempt, Duration preemptDelay, ChecksumPreference checksum) {
        return new VirtualRouter(new VirtualRouterConfig(
                "web",
                new InterfaceName("eth0"),
                new VirtualRouterId(51),
                new Priority(priority),
                SECOND,
                List.of(VirtualAddress.parse("198.18.0.200/24")),
                checksum,
                preempt,
                preemptDelay));
    }

    private void after(Duration duration) {
        now = now.plus(duration);
    }

    private void timePasses(Duration duration) {
        after(duration);
        router.onTime(now);
    }

    private void hear(int priority, IpAddress source) {
        hear(priority, source, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
    }

    private void hear(int priority, IpAddress source, Duration interval, List<IpAddress> addresses, ChecksumForm form) {
        router.onAdvertisement(
                new Advertisement(VrrpVersion.V3, new VirtualRouterId(51), new Priority(priority), interval, addresses),
                form,
                source,
                now);
    }

    private List<ElectionAction> actions() {
        List<ElectionAction> actions = new ArrayList<>();
        ElectionAction action;
        while ((action = router.pollAction()) != null) {
            actions.add(action);
            if (action == SEND_ADVERTISEMENT || action == SEND_RESIGNATION) {
                router.onAdvertisementSent(now);
            }
        }
        return actions;
    }

    private List<String> reasons() {
        return changes().stream().map(change -> change.cause().reason().label()).toList();
    }

    private List<StateChange> changes() {
        List<StateChange> changes = new ArrayList<>();
        StateChange change;
        while ((change = router.pollStateChange()) != null) {
            changes.add(change);
        }
        return changes;
    }

    private List<String> notices() {
        List<String> labels = new ArrayList<>();
        ElectionNotice notice;
        while ((notice = router.pollNotice()) != null) {
            assertThat(notice.sentence()).isNotBlank().doesNotEndWith(".");
            labels.add(notice.label());
        }
        return labels;
    }

    private void becomeActive() {
        router.onLinkUp(OURS, now);
        timePasses(ACTIVE_DOWN);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
        router.onAddressesHeld(now);
        assertThat(reasons()).containsExactly("started", "active-down-timer");
    }

    /** Advertises on time for a while. */
    private void serve(int intervals) {
        for (int i = 0; i < intervals; i++) {
            timePasses(SECOND);
            assertThat(actions()).containsExactly(SEND_ADVERTISEMENT);
        }
    }

    @Nested
    class WhenTimePasses {

        @Test
        void earlyAndExtraWakeUpsChangeNothing() {
            router.onLinkUp(OURS, now);
            ElectionState before = router.state();
            timePasses(ACTIVE_DOWN.minusNanos(1));
            router.onTime(now);
            assertThat(router.state()).isEqualTo(before);
            timePasses(Duration.ofNanos(1));
            ElectionState active = router.state();
            router.onTime(now);
            assertThat(router.state()).isEqualTo(active);
            assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
        }

        @Test
        void activeAdvertisesOnceInEachInterval() {
            becomeActive();
            serve(5);
            assertThat(router.nextDeadline()).contains(now.plus(SECOND));
        }

        @Test
        void theSilenceOfTheActiveIsTold() {
            router.onLinkUp(OURS, now);
            hear(200, PEER);
            timePasses(ACTIVE_DOWN);
            TransitionCause cause = changes().getLast().cause();
            assertThat(cause.reason()).isEqualTo(TransitionReason.ACTIVE_DOWN_TIMER);
            assertThat(cause.silence()).contains(ACTIVE_DOWN);
            assertThat(cause.peer()).contains(new PeerRouter(PEER, new Priority(200)));
        }
    }

    @Nested
    class WhenBackup {

        @Test
        void itWaitsForTheIntervalOfTheActive() {
            router.onLinkUp(OURS, now);
            hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            assertThat(router.activeInterval()).isEqualTo(Duration.ofMillis(100));
            timePasses(ACTIVE_DOWN.dividedBy(10));
            assertThat(router.isActive()).isTrue();
            assertThat(router.activeInterval()).isEqualTo(SECOND);
        }

        @Test
        void aRepeatedFarewellDoesNotPutTheTakeoverOff() {
            router.onLinkUp(OURS, now);
            hear(200, PEER);
            hear(0, PEER);
            MonotonicInstant deadline = now.plus(SKEW);
            after(Duration.ofMillis(200));
            hear(0, PEER);
            assertThat(router.nextDeadline()).contains(deadline);
        }

        @Test
        void theLateFarewellOfAPredecessorStartsNoElection() {
            router.onLinkUp(OURS, now);
            hear(200, PEER);
            Optional<MonotonicInstant> deadline = router.nextDeadline();
            hear(0, OTHER_PEER);
            assertThat(router.nextDeadline()).isEqualTo(deadline);
        }

        @Test
        void afterAFarewellTheReasonIsThatTheActiveResigned() {
            router.onLinkUp(OURS, now);
            hear(200, PEER);
            hear(0, PEER);
            timePasses(SKEW);
            assertThat(reasons()).containsExactly("started", "active-resigned");
        }

        @Test
        void itPreemptsALowerPriorityWithinTheActiveDownInterval() {
            router.onLinkUp(OURS, now);
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
            router.onLinkUp(OURS, now);
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
            router.onLinkUp(OURS, now);
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
            router.onLinkUp(OURS, now);
            hear(200, PEER);
            timePasses(ACTIVE_DOWN.plus(SECOND));
            assertThat(router.isActive()).isFalse();
            assertThat(router.nextDeadline()).contains(now.plus(SECOND).plus(SKEW));
            timePasses(Duration.ofSeconds(30));
            assertThat(router.isActive()).isTrue();
        }

        @Test
        void wokenLateItFollowsAnActiveThatItHearsThen() {
            router.onLinkUp(OURS, now);
            hear(200, PEER);
            timePasses(ACTIVE_DOWN.plus(SECOND));
            hear(200, PEER);
            assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
            assertThat(reasons()).containsExactly("started");
        }

        @Test
        void itsOwnAdvertisementComingBackChangesNothing() {
            router.onLinkUp(OURS, now);
            ElectionState before = router.state();
            hear(200, OURS);
            assertThat(router.state()).isEqualTo(before);
            assertThat(notices()).containsExactly("own-address-heard");
        }
    }

    @Nested
    class WhenActive {

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
        void aContenderIsNoticedOnceInTenSeconds() {
            becomeActive();
            for (int i = 0; i < 25; i++) {
                hear(99, PEER);
                timePasses(SECOND);
                actions();
            }
            assertThat(notices()).containsExactly("contending-active", "contending-active", "contending-active");
        }

        @Test
        void itTellsWhoMadeItStepBack() {
            becomeActive();
            hear(101, PEER);
            assertThat(actions()).containsExactly(RELEASE_ADDRESSES_TO_SUCCESSOR);
            TransitionCause cause = changes().getFirst().cause();
            assertThat(cause.reason()).isEqualTo(TransitionReason.HIGHER_PRIORITY);
            assertThat(cause.peer()).contains(new PeerRouter(PEER, new Priority(101)));
            assertThat(router.activeAddress()).contains(PEER);
        }

        @Test
        void aChangedPrimaryAddressCountsInTheTieBreak() {
            becomeActive();
            router.onLinkUp(IpAddress.parse("198.18.0.40"), now);
            after(Duration.ofMillis(500));
            hear(100, PEER);
            assertThat(router.isActive()).isTrue();
        }

        @Test
        void shuttingDownSaysFarewell() {
            becomeActive();
            router.onShutdown(now);
            assertThat(actions()).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES);
            assertThat(router.resignation().priority()).isEqualTo(Priority.RESIGN);
            assertThat(reasons()).containsExactly("shutdown");
        }
    }

    @Nested
    class WhenHandingOver {

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
            router.onLinkUp(OURS, now);
            assertThat(router.isPreemptionSuspended()).isTrue();
        }

        @Test
        void anOwnerThatHandedOverComesBackAsBackup() {
            router = router(255, false, Duration.ZERO, ChecksumPreference.AUTO);
            router.onLinkUp(OURS, now);
            router.onHandOver(SECOND, now);
            hear(50, PEER);
            router.onLinkDown(new FaultCause(TransitionReason.NO_CARRIER, "interface eth0"), now);
            router.onLinkUp(OURS, now);
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

    @Nested
    class AfterAStall {

        @Test
        void itGivesUpWithoutAWordAndTellsHowLongItWasSilent() {
            becomeActive();
            timePasses(Duration.ofSeconds(3));
            assertThat(actions()).containsExactly(RELEASE_ADDRESSES);
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
            assertThat(actions()).containsExactly(RELEASE_ADDRESSES);
            assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
            assertThat(router.activeAddress()).contains(PEER);
        }
    }

    @Nested
    class AfterAFault {

        @Test
        void thePauseBeforeAnotherTryDoublesUpToHalfAMinute() {
            router.onLinkUp(OURS, now);
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
            router.onLinkUp(OURS, now);
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
            router.onLinkUp(OURS, now);
            hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            router.onLinkDown(new FaultCause(TransitionReason.NO_CARRIER, "interface eth0"), now);
            assertThat(router.activeAddress()).isEmpty();
            router.onLinkUp(OURS, now);
            assertThat(router.activeInterval()).isEqualTo(SECOND);
            assertThat(router.nextDeadline()).contains(now.plus(ACTIVE_DOWN));
        }

        @Test
        void aReasonThatIsNoFaultIsRefused() {
            assertThatThrownBy(() -> new FaultCause(TransitionReason.STARTED, "x"))
                    .hasMessage("fault reason: started (expected: one that is a fault)");
        }
    }

    @Nested
    class AboutPeers {

        @Test
        void anotherAddressListIsNoticedOnceForEachChange() {
            router.onLinkUp(OURS, now);
            List<IpAddress> theirs = List.of(IpAddress.parse("198.18.0.201"));
            hear(200, PEER, SECOND, theirs, ChecksumForm.PSEUDO_HEADER);
            hear(200, PEER, SECOND, theirs, ChecksumForm.PSEUDO_HEADER);
            assertThat(notices()).containsExactly("peer-addresses-differ");
            hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            hear(200, PEER, SECOND, theirs, ChecksumForm.PSEUDO_HEADER);
            assertThat(notices()).containsExactly("peer-addresses-differ");
            assertThat(router.activeAddress()).contains(PEER);
        }

        @Test
        void anotherIntervalIsNoticedOnceForEachChange() {
            router.onLinkUp(OURS, now);
            hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            hear(200, PEER, Duration.ofMillis(200), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            assertThat(notices()).containsExactly("peer-interval-differs", "peer-interval-differs");
        }

        @Test
        void theChecksumFormFollowsThePeerOnAuto() {
            router.onLinkUp(OURS, now);
            assertThat(router.checksumForm()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
            hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.RFC9568);
            assertThat(router.checksumForm()).isEqualTo(ChecksumForm.RFC9568);
            assertThat(notices()).isEmpty();
            hear(200, OTHER_PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            assertThat(router.checksumForm()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
            hear(200, OTHER_PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            assertThat(notices()).containsExactly("checksum-forms-mix");
        }

        @Test
        void aConfiguredChecksumFormStays() {
            router = router(100, true, Duration.ZERO, ChecksumPreference.RFC9568);
            router.onLinkUp(OURS, now);
            hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
            assertThat(router.checksumForm()).isEqualTo(ChecksumForm.RFC9568);
            router = router(100, true, Duration.ZERO, ChecksumPreference.PSEUDO_HEADER);
            router.onLinkUp(OURS, now);
            hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.RFC9568);
            assertThat(router.checksumForm()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
        }

        @Test
        void aSecondOwnerIsNoticedOnce() {
            router = router(255, true, Duration.ZERO, ChecksumPreference.AUTO);
            router.onLinkUp(OURS, now);
            hear(255, OTHER_PEER);
            hear(255, OTHER_PEER);
            assertThat(notices()).containsExactly("duplicate-owner", "contending-active");
        }

        @Test
        void aFloodOfForgedPeersGivesFewNotices() {
            router.onLinkUp(OURS, now);
            for (int i = 0; i < 200; i++) {
                hear(
                        200,
                        IpAddress.parse("198.19.0." + i),
                        SECOND,
                        List.of(IpAddress.parse("198.18.0.1")),
                        ChecksumForm.PSEUDO_HEADER);
            }
            assertThat(notices()).hasSize(8);
        }
    }

    @Test
    void itAdvertisesItsAddressesPriorityAndInterval() {
        Advertisement advertisement = router.advertisement();
        assertThat(advertisement.vrid()).isEqualTo(new VirtualRouterId(51));
        assertThat(advertisement.priority()).isEqualTo(new Priority(100));
        assertThat(advertisement.interval()).isEqualTo(SECOND);
        assertThat(advertisement.addresses()).isEqualTo(ADDRESSES);
        assertThat(advertisement.version()).isEqualTo(VrrpVersion.V3);
    }
}
