// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.ACQUIRE_ADDRESSES;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.Authentication;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A virtual router of priority 100 and an interval of a second, the time, and what can be done to it. */
class VirtualRouterBench {

    static final IpAddress OURS = IpAddress.parse("198.18.0.20");
    static final IpAddress PEER = IpAddress.parse("198.18.0.30");
    static final IpAddress OTHER_PEER = IpAddress.parse("198.18.0.10");
    static final List<IpAddress> ADDRESSES = List.of(IpAddress.parse("198.18.0.200"));
    static final Duration SECOND = Duration.ofSeconds(1);

    /** (256 - 100) / 256 of a second. */
    static final Duration SKEW = Duration.ofNanos(609_375_000);

    static final Duration ACTIVE_DOWN = SECOND.multipliedBy(3).plus(SKEW);

    VirtualRouter router = router(100, true, Duration.ZERO, ProtocolConfig.DEFAULT);
    MonotonicInstant now = new MonotonicInstant(5_000);

    static VirtualRouter router(int priority, boolean preempt, Duration preemptDelay, ChecksumPreference checksum) {
        return router(
                priority, preempt, preemptDelay, new ProtocolConfig(VrrpVersion.V3, checksum, Authentication.NONE));
    }

    static VirtualRouter router(int priority, boolean preempt, Duration preemptDelay, ProtocolConfig protocol) {
        return new VirtualRouter(new VirtualRouterConfig(
                "web",
                new InterfaceName("eth0"),
                new VirtualRouterId(51),
                new Priority(priority),
                SECOND,
                List.of(VirtualAddress.parse("198.18.0.200/24")),
                protocol,
                preempt,
                preemptDelay));
    }

    /** The link comes up with one source for each family of the virtual router. */
    void linkUp(IpAddress... sources) {
        router.onLinkUp(Stream.of(sources).collect(Collectors.toMap(IpAddress::family, source -> source)), now);
    }

    void after(Duration duration) {
        now = now.plus(duration);
    }

    void timePasses(Duration duration) {
        after(duration);
        router.onTime(now);
    }

    void hear(int priority, IpAddress source) {
        hear(priority, source, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
    }

    void hear(int priority, IpAddress source, Duration interval, List<IpAddress> addresses, ChecksumForm form) {
        router.onAdvertisement(
                new Advertisement(VrrpVersion.V3, new VirtualRouterId(51), new Priority(priority), interval, addresses),
                form,
                source,
                now);
    }

    List<ElectionAction> actions() {
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

    List<String> reasons() {
        return changes().stream().map(change -> change.cause().reason().label()).toList();
    }

    List<StateChange> changes() {
        List<StateChange> changes = new ArrayList<>();
        StateChange change;
        while ((change = router.pollStateChange()) != null) {
            changes.add(change);
        }
        return changes;
    }

    List<String> notices() {
        List<String> labels = new ArrayList<>();
        ElectionNotice notice;
        while ((notice = router.pollNotice()) != null) {
            assertThat(notice.sentence()).isNotBlank().doesNotEndWith(".");
            labels.add(notice.label());
        }
        return labels;
    }

    void becomeActive() {
        linkUp(OURS);
        timePasses(ACTIVE_DOWN);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
        router.onAddressesHeld(now);
        assertThat(reasons()).containsExactly("started", "active-down-timer");
    }

    /** Advertises on time for a while. */
    void serve(int intervals) {
        for (int i = 0; i < intervals; i++) {
            timePasses(SECOND);
            assertThat(actions()).containsExactly(SEND_ADVERTISEMENT);
        }
    }
}
