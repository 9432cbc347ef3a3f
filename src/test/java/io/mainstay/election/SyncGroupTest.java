// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.ACQUIRE_ADDRESSES;
import static io.mainstay.election.ElectionAction.PROBE_ADDRESSES;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two virtual routers of a group: the senior is {@code inside}, as its virtual address is the lower one. */
class SyncGroupTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Three intervals and (256 - 100) / 256 of a second. */
    private static final Duration ACTIVE_DOWN = Duration.ofNanos(3_609_375_000L);

    private static final FaultCause NO_CARRIER = new FaultCause(TransitionReason.NO_CARRIER, "interface eth1");

    private static final IpAddress INSIDE = IpAddress.parse("198.18.0.20");
    private static final IpAddress OUTSIDE = IpAddress.parse("198.18.1.20");
    private static final IpAddress PEER_INSIDE = IpAddress.parse("198.18.0.30");
    private static final IpAddress PEER_OUTSIDE = IpAddress.parse("198.18.1.10");

    private final VirtualRouter outside = router("outside", "eth1", 52, "198.18.1.200/24");
    private final VirtualRouter inside = router("inside", "eth0", 51, "198.18.0.200/24");
    private MonotonicInstant now = new MonotonicInstant(5_000);

    private static VirtualRouter router(String name, String interfaceName, int vrid, String address) {
        return new VirtualRouter(new VirtualRouterConfig(
                name,
                new InterfaceName(interfaceName),
                new VirtualRouterId(vrid),
                new Priority(100),
                SECOND,
                List.of(VirtualAddress.parse(address)),
                ProtocolConfig.DEFAULT,
                true,
                Duration.ZERO));
    }

    @BeforeEach
    void couple() {
        SyncGroup.couple(List.of(outside, inside));
    }

    private void plug() {
        inside.onLinkUp(Map.of(IpFamily.IPV4, INSIDE), now);
        outside.onLinkUp(Map.of(IpFamily.IPV4, OUTSIDE), now);
    }

    private void timePasses(Duration duration) {
        now = now.plus(duration);
        inside.onTime(now);
        outside.onTime(now);
    }

    private void hear(VirtualRouter router, int priority) {
        IpAddress source = router == inside ? PEER_INSIDE : PEER_OUTSIDE;
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3,
                router.config().vrid(),
                new Priority(priority),
                SECOND,
                router.config().addresses().stream()
                        .map(VirtualAddress::address)
                        .toList());
        router.onAdvertisement(advertisement, ChecksumForm.PSEUDO_HEADER, source, now);
    }

    private List<ElectionAction> actions(VirtualRouter router) {
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

    private static List<String> reasons(VirtualRouter router) {
        List<String> reasons = new ArrayList<>();
        StateChange change;
        while ((change = router.pollStateChange()) != null) {
            reasons.add(change.cause().reason().label());
        }
        return reasons;
    }

    private static @Nullable StateChange lastChange(VirtualRouter router) {
        StateChange last = null;
        StateChange change;
        while ((change = router.pollStateChange()) != null) {
            last = change;
        }
        return last;
    }

    private static List<String> notices(VirtualRouter router) {
        List<String> labels = new ArrayList<>();
        ElectionNotice notice;
        while ((notice = router.pollNotice()) != null) {
            labels.add(notice.label());
        }
        return labels;
    }

    private void becomeActive() {
        plug();
        timePasses(ACTIVE_DOWN);
        for (VirtualRouter router : List.of(inside, outside)) {
            assertThat(actions(router)).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
            router.onAddressesHeld(now);
        }
        assertThat(reasons(inside)).containsExactly("started", "active-down-timer");
        assertThat(reasons(outside)).containsExactly("started", "sync-group-active");
    }

    /** Hears the same peer as Active on both segments. */
    private void follow(int priority) {
        hear(inside, priority);
        hear(outside, priority);
    }

    private void assertBoth(String state) {
        assertThat(List.of(inside.state().label(), outside.state().label())).containsOnly(state);
    }

    @Test
    void theyStartTogether() {
        inside.onLinkUp(Map.of(IpFamily.IPV4, INSIDE), now);
        assertBoth("INITIALIZE");
        assertThat(inside.waitsFor()).contains("member outside, which waits for a first look at the interface");
        now = now.plus(SECOND);
        outside.onLinkUp(Map.of(IpFamily.IPV4, OUTSIDE), now);
        assertBoth("BACKUP");
        assertThat(inside.nextDeadline()).contains(now.plus(ACTIVE_DOWN)).isEqualTo(outside.nextDeadline());
    }

    @Test
    void whatOneLacksKeepsAllOut() {
        becomeActive();
        outside.onLinkDown(NO_CARRIER, now);
        assertBoth("FAULT");
        assertThat(actions(inside)).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES);
        reasons(outside);
        StateChange change = Objects.requireNonNull(lastChange(inside));
        assertThat(change.cause().reason()).isEqualTo(TransitionReason.SYNC_GROUP_FAULT);
        assertThat(change.cause().detail()).contains("outside: the interface has no carrier: interface eth1");
        timePasses(Duration.ofMinutes(1));
        inside.onLinkUp(Map.of(IpFamily.IPV4, INSIDE), now);
        assertBoth("FAULT");
        outside.onLinkUp(Map.of(IpFamily.IPV4, OUTSIDE), now);
        assertBoth("BACKUP");
        assertThat(reasons(inside)).containsExactly("sync-group-recovered");
        assertThat(reasons(outside)).containsExactly("link-recovered");
        assertThat(inside.nextDeadline()).contains(now.plus(ACTIVE_DOWN)).isEqualTo(outside.nextDeadline());
    }

    @Test
    void bothHaveToBeRightAgain() {
        becomeActive();
        outside.onLinkDown(NO_CARRIER, now);
        inside.onTracked(
                new Tracked(
                        new Priority(100),
                        Optional.of(new FaultCause(TransitionReason.TRACKER_FAILED, "script db")),
                        Optional.empty()),
                now);
        outside.onLinkUp(Map.of(IpFamily.IPV4, OUTSIDE), now);
        assertBoth("FAULT");
        assertThat(reasons(outside)).containsExactly("no-carrier", "sync-group-fault");
        inside.onTracked(new Tracked(new Priority(100), Optional.empty(), Optional.empty()), now);
        assertBoth("BACKUP");
    }

    @Test
    void anAddressThatOneCannotTakeIsAFaultOfAllUntilThePauseIsOver() {
        becomeActive();
        outside.onAddressesUnavailable("add 198.18.1.200/24 to eth1: operation not permitted (errno 1)", now);
        assertBoth("FAULT");
        inside.onLinkUp(Map.of(IpFamily.IPV4, INSIDE), now);
        assertBoth("FAULT");
        timePasses(SECOND);
        assertBoth("BACKUP");
    }

    @Test
    void aResignationOnOneSegmentIsOneOfAll() {
        plug();
        follow(200);
        hear(inside, 0);
        timePasses(Duration.ofNanos(609_375_000));
        assertBoth("ACTIVE");
        assertThat(actions(outside)).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
    }

    @Test
    void anActiveThatStillSpeaksOnOneSegmentIsLetBe() {
        plug();
        for (int second = 0; second < 30; second++) {
            hear(outside, 200);
            timePasses(SECOND);
            assertBoth("BACKUP");
        }
        assertThat(notices(inside)).containsExactly("segment-silent");
        assertThat(notices(outside)).isEmpty();
        // Silent there too: three intervals and the skew time after its last word.
        timePasses(ACTIVE_DOWN.minus(SECOND).minusNanos(1));
        assertBoth("BACKUP");
        timePasses(Duration.ofNanos(1));
        assertBoth("ACTIVE");
    }

    @Test
    void aHeldMemberLooksAgainWhenTheOthersActiveIsDueAndNotBefore() {
        plug();
        timePasses(SECOND);
        hear(outside, 200);
        timePasses(ACTIVE_DOWN.minus(SECOND));
        assertThat(inside.nextDeadline()).isEqualTo(outside.nextDeadline()).contains(now.plus(SECOND));
    }

    @Test
    void anActiveDeathOnBothSegmentsIsNoCutSegment() {
        plug();
        follow(200);
        timePasses(Duration.ofMillis(700));
        hear(outside, 200);
        timePasses(ACTIVE_DOWN);
        assertBoth("ACTIVE");
        assertThat(notices(inside)).isEmpty();
    }

    @Test
    void theyStepBackTogetherWithAFarewell() {
        becomeActive();
        beActiveForAWhile();
        hear(inside, 200);
        assertBoth("BACKUP");
        assertThat(actions(inside)).containsExactly(SEND_ADVERTISEMENT, RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(actions(outside)).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(reasons(outside)).containsExactly("sync-group-backup");
        assertThat(outside.nextDeadline()).isEqualTo(inside.nextDeadline());
    }

    private void beActiveForAWhile() {
        for (int i = 0; i < 4; i++) {
            timePasses(SECOND);
            assertThat(actions(inside)).containsExactly(SEND_ADVERTISEMENT);
            assertThat(actions(outside)).containsExactly(SEND_ADVERTISEMENT);
        }
    }

    /** The other one has taken all over as well, and a farewell would have its Backups take it for that of their Active. */
    @Test
    void whoLosesAgainstOneThatTookOverAtTheSameTimeSaysNoFarewell() {
        becomeActive();
        timePasses(Duration.ofMillis(1));
        hear(outside, 200);
        assertBoth("BACKUP");
        assertThat(actions(outside)).containsExactly(SEND_ADVERTISEMENT, RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(actions(inside)).containsExactly(SEND_ADVERTISEMENT, RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(reasons(inside)).containsExactly("sync-group-backup");
    }

    @Test
    void theyHandOverTogether() {
        becomeActive();
        inside.onHandOver(SECOND.multipliedBy(4), now);
        assertThat(outside.isHandingOver()).isTrue();
        assertThat(actions(outside)).contains(SEND_RESIGNATION);
        now = now.plus(Duration.ofMillis(100));
        hear(outside, 50);
        assertBoth("BACKUP");
        assertThat(reasons(inside)).containsExactly("hand-over-started", "handed-over");
        assertThat(actions(inside)).contains(RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(inside.isPreemptionSuspended()).isTrue();
        assertThat(outside.isPreemptionSuspended()).isTrue();
        outside.onPreemptionResumed(now);
        assertThat(inside.isPreemptionSuspended()).isFalse();
    }

    /** Without that the others would take the group back, and the contention would begin anew. */
    @Test
    void whenOneIsNotHeardAllLetTheNewActiveBe() {
        becomeActive();
        for (int i = 0; i < 12; i++) {
            timePasses(SECOND);
            actions(inside);
            actions(outside);
            hear(outside, 50);
        }
        assertBoth("BACKUP");
        assertThat(reasons(outside)).containsExactly("unheard");
        assertThat(reasons(inside)).containsExactly("sync-group-backup");
        for (int i = 0; i < 12; i++) {
            timePasses(SECOND);
            hear(inside, 50);
            hear(outside, 50);
        }
        assertThat(reasons(inside)).isEmpty();
        assertThat(reasons(outside)).isEmpty();
        assertBoth("BACKUP");
    }

    @Test
    void aHandOverThatNobodyTakesLeavesAllInPlace() {
        becomeActive();
        outside.onHandOver(SECOND, now);
        timePasses(SECOND);
        assertBoth("ACTIVE");
        assertThat(inside.isHandingOver()).isFalse();
        assertThat(outside.isHandingOver()).isFalse();
    }

    @Test
    void afterAStallAllAreSilent() {
        becomeActive();
        timePasses(Duration.ofMillis(900));
        inside.onTime(now.plus(SECOND));
        actions(inside);
        now = now.plus(Duration.ofMillis(2_200));
        // 3.1 s without a word outside, 2.1 s inside.
        outside.onTime(now);
        assertBoth("BACKUP");
        assertThat(reasons(inside)).containsExactly("sync-group-backup");
        assertThat(actions(inside)).containsExactly(RELEASE_ADDRESSES);
        assertThat(inside.nextDeadline()).isEqualTo(outside.nextDeadline());
    }

    @Test
    void whoeverIsFencedResignsEverywhere() {
        becomeActive();
        inside.onFenced("the process was stopped by a signal", now);
        assertThat(reasons(outside)).containsExactly("fenced");
        assertThat(actions(outside)).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES, PROBE_ADDRESSES);
    }

    @Test
    void theSeniorDecidesATieAtOnce() {
        becomeActive();
        hear(inside, 100);
        assertThat(reasons(inside)).containsExactly("higher-address");
        assertBoth("BACKUP");
    }

    @Test
    void anotherMemberLeavesATieToTheSeniorAndDecidesItWhenItLasts() {
        becomeActive();
        // On this segment the peer's address is the higher one, and the senior's segment is silent.
        VirtualRouter junior = outside;
        IpAddress higher = IpAddress.parse("198.18.1.30");
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3,
                junior.config().vrid(),
                new Priority(100),
                SECOND,
                List.of(IpAddress.parse("198.18.1.200")));
        for (int i = 0; i < 4; i++) {
            junior.onAdvertisement(advertisement, ChecksumForm.PSEUDO_HEADER, higher, now);
            assertBoth("ACTIVE");
            timePasses(SECOND);
            actions(inside);
            actions(outside);
        }
        junior.onAdvertisement(advertisement, ChecksumForm.PSEUDO_HEADER, higher, now);
        assertThat(reasons(outside)).containsExactly("higher-address");
        assertBoth("BACKUP");
    }

    @Test
    void aStoppedMemberLeavesTheOthersAlone() {
        becomeActive();
        outside.onShutdown(now);
        inside.onLinkUp(Map.of(IpFamily.IPV4, INSIDE), now);
        assertThat(inside.state().label()).isEqualTo("ACTIVE");
        assertThat(outside.state().label()).isEqualTo("INITIALIZE");
    }
}
