// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ElectionDriverTest {

    private static final Duration ACTIVE_DOWN = Duration.ofMillis(3_610);

    private final FakeKernel kernel = new FakeKernel();
    private final List<String> transitions = new ArrayList<>();
    private final List<RouterNotice> notices = new ArrayList<>();
    private boolean listenerThrows;

    private final ElectionListener listener = new ElectionListener() {
        @Override
        public void onTransition(RouterTransition transition) {
            transitions.add(transition.router() + " " + transition.from() + " " + transition.to() + " "
                    + transition.cause().reason().label());
            if (listenerThrows) {
                throw new IllegalStateException("the disk is full");
            }
        }

        @Override
        public void onNotice(RouterNotice notice) {
            notices.add(notice);
        }
    };

    private final ServiceGate gate = new ServiceGate() {
        @Override
        public void open(Set<IpAddress> addresses) {
            kernel.deeds.add("open services on " + addresses.size());
        }

        @Override
        public void close(Set<IpAddress> addresses) {
            kernel.deeds.add("close services on " + addresses.size());
        }
    };

    private static RouterSetup setup(String name, String interfaceName, int vrid, int priority, String... addresses) {
        return new RouterSetup(
                new VirtualRouterConfig(
                        name,
                        new InterfaceName(interfaceName),
                        new VirtualRouterId(vrid),
                        new Priority(priority),
                        Duration.ofSeconds(1),
                        Stream.of(addresses).map(VirtualAddress::parse).toList(),
                        ChecksumPreference.AUTO,
                        true,
                        Duration.ZERO),
                new AnnounceConfig(1, Duration.ZERO));
    }

    private ElectionDriver driver(RouterSetup... setups) {
        return new ElectionDriver(List.of(setups), kernel.ports(), gate, listener);
    }

    private ElectionDriver webDriver() {
        return driver(setup("web", "eth0", 51, 100, "198.18.0.200/24"));
    }

    /** One turn after another at the driver's own deadlines, for a while. */
    private void runFor(ElectionDriver driver, Duration duration) {
        MonotonicInstant end = kernel.now().plus(duration);
        driver.runOnce();
        while (!driver.isEnded()) {
            MonotonicInstant next = driver.nextDeadline().orElse(end);
            if (end.isBefore(next)) {
                break;
            }
            if (kernel.now().isBefore(next)) {
                kernel.advance(next.since(kernel.now()));
            }
            driver.runOnce();
        }
        if (kernel.now().isBefore(end)) {
            kernel.advance(end.since(kernel.now()));
        }
    }

    private ElectionDriver activeDriver() {
        kernel.plug("eth0", 2, "198.18.0.10");
        ElectionDriver driver = webDriver();
        runFor(driver, ACTIVE_DOWN);
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        kernel.takeDeeds();
        transitions.clear();
        return driver;
    }

    private static ElectionSnapshot.Router routerOf(ElectionDriver driver, String name) {
        return driver.snapshot().routers().stream()
                .filter(router -> router.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String stateOf(ElectionDriver driver, String name) {
        return routerOf(driver, name).state();
    }

    private List<String> noticeLabels() {
        return notices.stream().map(RouterNotice::label).toList();
    }

    @Nested
    class TakingOver {

        @Test
        void advertisesThenAddsThenAnnouncesThenOpens() {
            kernel.plug("eth0", 2, "198.18.0.10");
            runFor(webDriver(), ACTIVE_DOWN);
            assertThat(kernel.takeDeeds())
                    .containsExactly(
                            "open eth0",
                            "send eth0 vrid 51 priority 100",
                            "add eth0 198.18.0.200/24",
                            "announce eth0 198.18.0.200",
                            "open services on 1");
            assertThat(transitions)
                    .containsExactly("web INITIALIZE BACKUP started", "web BACKUP ACTIVE active-down-timer");
        }

        @Test
        void failedStepsDownAndTriesAgainLater() {
            kernel.failing.add("add");
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = webDriver();
            runFor(driver, ACTIVE_DOWN);
            assertThat(kernel.takeDeeds())
                    .containsExactly(
                            "open eth0",
                            "send eth0 vrid 51 priority 100",
                            "add eth0 198.18.0.200/24 fails",
                            "send eth0 vrid 51 priority 0",
                            "close services on 1");
            assertThat(stateOf(driver, "web")).isEqualTo("FAULT");
            assertThat(routerOf(driver, "web").explanation())
                    .isEqualTo("the addresses could not be taken: add eth0 198.18.0.200/24: operation not permitted"
                            + " (errno 1)");
            kernel.failing.clear();
            runFor(driver, ACTIVE_DOWN.plusSeconds(1));
            assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        }

        @Test
        void leftoversOfAnEarlierRunAreRemovedFirst() {
            kernel.plug("eth0", 2, "198.18.0.200");
            kernel.put("eth0", "198.18.0.200/24");
            ElectionDriver driver = webDriver();
            driver.runOnce();
            assertThat(kernel.takeDeeds()).containsExactly("open eth0", "remove eth0 198.18.0.200/24");
            assertThat(noticeLabels()).containsExactly("stale-address");
            // Without the leftover the interface has no address of its own.
            assertThat(transitions).containsExactly("web INITIALIZE FAULT no-source-address");
        }

        @Test
        void whatWasReceivedIsJudgedBeforeTheDeadline() {
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = webDriver();
            driver.runOnce();
            kernel.advance(ACTIVE_DOWN);
            IntStream.range(0, 20).forEach(i -> kernel.hear("eth0", "198.18.0.11", 51, 200));
            driver.runOnce();
            assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
            assertThat(routerOf(driver, "web").counters().advertisementsReceived())
                    .isEqualTo(20);
        }

        @Test
        void aFloodDoesNotKeepTheDeadlinesFromBeingJudged() {
            ElectionDriver driver = activeDriver();
            IntStream.range(0, 5000).forEach(i -> kernel.hear("eth0", "198.18.0.11", 77, 200));
            kernel.advance(Duration.ofSeconds(1));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).contains("send eth0 vrid 51 priority 100");
            assertThat(kernel.waiting).isNotEmpty();
        }

        @Test
        void aSlowTakeoverDoesNotMakeAnotherRouterLate() {
            kernel.plug("eth0", 2, "198.18.0.10");
            String[] many = IntStream.range(1, 101)
                    .mapToObj(i -> "198.18.1." + i + "/24")
                    .toArray(String[]::new);
            ElectionDriver driver =
                    driver(setup("quick", "eth0", 1, 255, "198.18.0.201/24"), setup("many", "eth0", 2, 200, many));
            kernel.setCostOfAdding(Duration.ofMillis(100));
            runFor(driver, Duration.ofSeconds(15));
            assertThat(stateOf(driver, "many")).isEqualTo("ACTIVE");
            assertThat(routerOf(driver, "many").addressesHeld()).hasSize(100);
            assertThat(routerOf(driver, "quick").counters().stalls()).isZero();
            assertThat(routerOf(driver, "many").counters().stalls()).isZero();
            assertThat(driver.snapshot().longestLoopGap()).isLessThan(Duration.ofMillis(300));
        }
    }

    @Nested
    class Links {

        @Test
        void aMissingInterfaceIsAFaultUntilItComes() {
            ElectionDriver driver = webDriver();
            driver.runOnce();
            assertThat(transitions).containsExactly("web INITIALIZE FAULT interface-missing");
            kernel.plug("eth0", 2, "198.18.0.10");
            driver.runOnce();
            assertThat(transitions).last().isEqualTo("web FAULT BACKUP link-recovered");
        }

        @Test
        void aChangeThatWasNotToldIsFoundWithinASecond() {
            ElectionDriver driver = activeDriver();
            kernel.unplug("eth0", false);
            runFor(driver, Duration.ofMillis(1001));
            assertThat(transitions).containsExactly("web ACTIVE FAULT interface-missing");
            assertThat(kernel.isOpen("eth0")).isFalse();
        }

        @Test
        void anInterfaceThatWasReplacedIsOpenedAnew() {
            ElectionDriver driver = activeDriver();
            kernel.unplug("eth0", false);
            kernel.plug("eth0", 3, "198.18.0.10");
            driver.runOnce();
            assertThat(transitions)
                    .containsExactly("web ACTIVE FAULT interface-missing", "web FAULT BACKUP link-recovered");
            assertThat(kernel.takeDeeds()).contains("open eth0");
            assertThat(kernel.isOpen("eth0")).isTrue();
        }

        @Test
        void lostCarrierAndAdministrativelyDownAreToldApart() {
            ElectionDriver driver = activeDriver();
            Optional<IpAddress> primary = Optional.of(IpAddress.parse("198.18.0.10"));
            kernel.setLink("eth0", new LinkState(2, FakeKernel.mac(2), 1500, true, false, primary));
            driver.runOnce();
            kernel.setLink("eth0", new LinkState(2, FakeKernel.mac(2), 1500, false, false, primary));
            driver.runOnce();
            assertThat(transitions).containsExactly("web ACTIVE FAULT no-carrier", "web FAULT FAULT interface-down");
            assertThat(kernel.addressesOf("eth0")).isEmpty();
            assertThat(driver.snapshot().interfaces().getFirst().usable()).isFalse();
        }

        @Test
        void anInterfaceThatCannotBeOpenedIsAFaultWithTheReason() {
            kernel.failing.add("open");
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = webDriver();
            driver.runOnce();
            assertThat(transitions).containsExactly("web INITIALIZE FAULT socket-unavailable");
            assertThat(routerOf(driver, "web").explanation()).endsWith("open eth0: operation not permitted (errno 1)");
            kernel.failing.clear();
            runFor(driver, Duration.ofSeconds(1));
            assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        }

        @Test
        void aFailedLookUpLeavesThingsAsTheyAre() {
            ElectionDriver driver = activeDriver();
            kernel.failing.add("find");
            runFor(driver, Duration.ofSeconds(5));
            assertThat(transitions).isEmpty();
            assertThat(driver.snapshot().kernelFailures()).isBetween(4L, 6L);
        }

        @Test
        void aFailedWaitDoesNotEndTheLoop() {
            ElectionDriver driver = activeDriver();
            kernel.failing.add("await");
            kernel.advance(Duration.ofSeconds(1));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).containsExactly("send eth0 vrid 51 priority 100");
            assertThat(driver.snapshot().kernelFailures()).isEqualTo(1);
        }

        @Test
        void eachInterfaceGoesItsOwnWay() {
            kernel.plug("eth0", 2, "198.18.0.10");
            kernel.plug("eth1", 3, "198.19.0.10");
            ElectionDriver driver = driver(
                    setup("web", "eth0", 51, 100, "198.18.0.200/24"), setup("db", "eth1", 51, 100, "198.19.0.200/24"));
            runFor(driver, ACTIVE_DOWN);
            kernel.hear("eth1", "198.19.0.11", 51, 200);
            driver.runOnce();
            assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
            assertThat(stateOf(driver, "db")).isEqualTo("BACKUP");
        }
    }

    @Nested
    class Addresses {

        @Test
        void oneThatSomebodyRemovedIsPutBack() {
            ElectionDriver driver = activeDriver();
            VirtualAddress address = VirtualAddress.parse("198.18.0.200/24");
            kernel.addressesOf("eth0").remove(address);
            kernel.waiting.add(new KernelEvent.AddressRemoved(new InterfaceName("eth0"), address));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).containsExactly("add eth0 198.18.0.200/24", "announce eth0 198.18.0.200");
            assertThat(noticeLabels()).containsExactly("address-lost");
        }

        @Test
        void anOldEventOfARemovalIsNotBelieved() {
            ElectionDriver driver = activeDriver();
            kernel.waiting.add(
                    new KernelEvent.AddressRemoved(new InterfaceName("eth0"), VirtualAddress.parse("198.18.0.200/24")));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).isEmpty();
            assertThat(notices).isEmpty();
        }

        @Test
        void oneThatAppearsOnABackupIsRemoved() {
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = webDriver();
            driver.runOnce();
            kernel.takeDeeds();
            kernel.put("eth0", "198.18.0.200/24");
            kernel.waiting.add(
                    new KernelEvent.AddressAdded(new InterfaceName("eth0"), VirtualAddress.parse("198.18.0.200/24")));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).containsExactly("remove eth0 198.18.0.200/24");
            assertThat(noticeLabels()).containsExactly("address-intruded");
        }

        @Test
        void anOldEventOfAnAppearanceIsNotBelieved() {
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = webDriver();
            driver.runOnce();
            kernel.takeDeeds();
            kernel.waiting.add(
                    new KernelEvent.AddressAdded(new InterfaceName("eth0"), VirtualAddress.parse("198.18.0.200/24")));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).isEmpty();
            assertThat(notices).isEmpty();
        }

        @Test
        void oneThatAnOwnerTookIsNotItsOwnWhenTheInterfaceIsOpenedAnew() {
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = driver(setup("web", "eth0", 51, 255, "198.18.0.200/24"));
            driver.runOnce();
            kernel.plug("eth0", 3, "198.18.0.10");
            driver.runOnce();
            assertThat(transitions)
                    .containsExactly(
                            "web INITIALIZE ACTIVE owner-started",
                            "web ACTIVE FAULT interface-missing",
                            "web FAULT ACTIVE link-recovered");
            assertThat(driver.stop(Optional.of(Duration.ZERO))).isNotDone();
            runFor(driver, Duration.ZERO);
            assertThat(kernel.addressesOf("eth0")).isEmpty();
        }

        @Test
        void aForeignOneMayChangeTheSourceOfAdvertisements() {
            ElectionDriver driver = activeDriver();
            kernel.setLink("eth0", new LinkState(2, FakeKernel.mac(2), 1500, true, true, Optional.empty()));
            kernel.waiting.clear();
            kernel.waiting.add(
                    new KernelEvent.AddressRemoved(new InterfaceName("eth0"), VirtualAddress.parse("198.18.0.10/24")));
            driver.runOnce();
            assertThat(transitions).containsExactly("web ACTIVE FAULT no-source-address");
        }

        @Test
        void aClaimByAnotherHostIsNoticedAndAnswered() {
            ElectionDriver driver = activeDriver();
            kernel.waiting.add(new KernelEvent.AddressClaimed(
                    new InterfaceName("eth0"), IpAddress.parse("198.18.0.200"), new MacAddress(0x99)));
            runFor(driver, Duration.ofMillis(10));
            assertThat(kernel.takeDeeds()).containsExactly("announce eth0 198.18.0.200");
            assertThat(notices.getFirst().sentence()).contains("00:00:00:00:00:99", "198.18.0.200");
        }

        @Test
        void ourOwnClaimIsNone() {
            ElectionDriver driver = activeDriver();
            kernel.waiting.add(new KernelEvent.AddressClaimed(
                    new InterfaceName("eth0"), IpAddress.parse("198.18.0.200"), FakeKernel.mac(2)));
            runFor(driver, Duration.ofMillis(10));
            assertThat(kernel.takeDeeds()).isEmpty();
            assertThat(notices).isEmpty();
        }

        @Test
        void oneThatStandsWhenTheStallIsNoticedIsNotSpokenFor() {
            ElectionDriver driver = activeDriver();
            VirtualAddress address = VirtualAddress.parse("198.18.0.200/24");
            kernel.advance(Duration.ofSeconds(4));
            kernel.addressesOf("eth0").remove(address);
            kernel.waiting.add(new KernelEvent.AddressRemoved(new InterfaceName("eth0"), address));
            kernel.waiting.add(new KernelEvent.AddressClaimed(
                    new InterfaceName("eth0"), IpAddress.parse("198.18.0.200"), new MacAddress(0x99)));
            driver.runOnce();
            assertThat(kernel.takeDeeds()).noneMatch(deed -> deed.startsWith("announce") || deed.startsWith("add"));
            assertThat(transitions).containsExactly("web ACTIVE BACKUP stalled");
            assertThat(routerOf(driver, "web").counters().stalls()).isEqualTo(1);
        }
    }

    @Nested
    class Strangers {

        @Test
        void areCountedAndNamedOnce() {
            ElectionDriver driver = activeDriver();
            for (int i = 0; i < 3; i++) {
                kernel.hear("eth0", "198.18.0.66", 77, 200);
                kernel.advance(Duration.ofSeconds(1));
                driver.runOnce();
            }
            Map<DiscardReason, Long> discards =
                    driver.snapshot().interfaces().getFirst().discards();
            assertThat(discards).containsExactly(Map.entry(DiscardReason.VRID_UNKNOWN, 3L));
            assertThat(noticeLabels()).containsExactly("discarded-vrid-unknown");
            assertThat(notices.getFirst().sentence()).contains("198.18.0.66", "vrid: 77");
            assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        }

        @Test
        void thatSendRubbishAreCountedByReason() {
            ElectionDriver driver = activeDriver();
            IpAddress source = IpAddress.parse("198.18.0.66");
            kernel.hear("eth0", new IpDatagram(source, Ipv4Address.VRRP_GROUP, 64, new byte[20]));
            kernel.hear("eth0", new IpDatagram(source, Ipv4Address.VRRP_GROUP, 255, new byte[3]));
            kernel.advance(Duration.ofSeconds(1));
            driver.runOnce();
            assertThat(driver.snapshot().interfaces().getFirst().discards())
                    .containsOnly(Map.entry(DiscardReason.TTL, 1L), Map.entry(DiscardReason.LENGTH, 1L));
        }

        @Test
        void whoAreManyAreToldOneASecond() {
            ElectionDriver driver = activeDriver();
            IntStream.range(0, 100).forEach(i -> kernel.hear("eth0", "198.19.0." + i, 77, 200));
            driver.runOnce();
            assertThat(noticeLabels()).containsExactly("discarded-vrid-unknown");
        }

        @Test
        void onAnInterfaceThatIsNotOursAreIgnored() {
            ElectionDriver driver = activeDriver();
            kernel.hear("eth9", "198.18.0.66", 51, 255);
            driver.runOnce();
            assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        }
    }

    @Nested
    class Commands {

        @Test
        void aHandOverIsAnsweredWhenAPeerTookOver() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<HandOverResult> result = driver.handOver("web", Optional.empty());
            assertThat(kernel.wakes()).isEqualTo(1);
            driver.runOnce();
            assertThat(routerOf(driver, "web").handingOver()).isTrue();
            assertThat(result).isNotDone();
            kernel.advance(Duration.ofMillis(40));
            kernel.hear("eth0", "198.18.0.11", 51, 90);
            driver.runOnce();
            assertThat(result.join())
                    .isEqualTo(new HandOverResult(
                            HandOverResult.Outcome.HANDED_OVER,
                            Duration.ofMillis(40),
                            "a peer took over as requested"));
            assertThat(kernel.addressesOf("eth0")).hasSize(1);
            runFor(driver, Duration.ofMillis(50));
            assertThat(kernel.addressesOf("eth0")).isEmpty();
            assertThat(routerOf(driver, "web").preemptionSuspended()).isTrue();
            assertThat(driver.resumePreemption("web")).isNotDone();
            driver.runOnce();
            assertThat(routerOf(driver, "web").preemptionSuspended()).isFalse();
        }

        @Test
        void aHandOverThatNobodyTakesIsRefused() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<HandOverResult> first = driver.handOver("web", Optional.of(Duration.ofMillis(500)));
            CompletableFuture<HandOverResult> second = driver.handOver("web", Optional.of(Duration.ofHours(1)));
            runFor(driver, Duration.ofMillis(600));
            assertThat(first.join().outcome()).isEqualTo(HandOverResult.Outcome.REFUSED);
            assertThat(second.join().outcome()).isEqualTo(HandOverResult.Outcome.REFUSED);
            assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
            assertThat(kernel.takeDeeds()).doesNotContain("close services on 1");
        }

        @Test
        void aHandOverThatAFaultEndsIsInterrupted() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<HandOverResult> result = driver.handOver("web", Optional.empty());
            driver.runOnce();
            kernel.unplug("eth0", true);
            driver.runOnce();
            assertThat(result.join().outcome()).isEqualTo(HandOverResult.Outcome.INTERRUPTED);
        }

        @Test
        void whatCannotBeHandedOverIsSaidSo() {
            kernel.plug("eth0", 2, "198.18.0.10");
            ElectionDriver driver = webDriver();
            CompletableFuture<HandOverResult> backup = driver.handOver("web", Optional.empty());
            CompletableFuture<HandOverResult> unknown = driver.handOver("nope", Optional.empty());
            driver.runOnce();
            assertThat(backup.join().outcome()).isEqualTo(HandOverResult.Outcome.NOT_ACTIVE);
            assertThat(unknown.join().outcome()).isEqualTo(HandOverResult.Outcome.UNKNOWN_ROUTER);
        }

        @Test
        void tooManyAreNotAccepted() {
            ElectionDriver driver = activeDriver();
            for (int i = 0; i < ElectionDriver.MOST_WAITING_COMMANDS; i++) {
                assertThat(driver.handOver("nope", Optional.empty())).isNotDone();
            }
            assertThat(driver.handOver("web", Optional.empty()).join().outcome())
                    .isEqualTo(HandOverResult.Outcome.NOT_ACCEPTED);
            assertThat(driver.resumePreemption("web").join()).isFalse();
            assertThat(driver.stop(Optional.empty())).isCompletedExceptionally();
            driver.runOnce();
            assertThat(driver.resumePreemption("web")).isNotDone();
        }

        @Test
        void stoppingHandsOverFirst() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<Void> stopped = driver.stop(Optional.empty());
            driver.runOnce();
            assertThat(kernel.takeDeeds()).containsExactly("send eth0 vrid 51 priority 0");
            kernel.hear("eth0", "198.18.0.11", 51, 90);
            runFor(driver, Duration.ofMillis(100));
            assertThat(transitions)
                    .containsExactly(
                            "web ACTIVE ACTIVE hand-over-started",
                            "web ACTIVE BACKUP handed-over",
                            "web BACKUP INITIALIZE shutdown");
            assertThat(kernel.takeDeeds()).containsExactly("close services on 1", "remove eth0 198.18.0.200/24");
            assertThat(stopped).isCompleted();
            assertThat(driver.isEnded()).isTrue();
            assertThat(kernel.isClosed()).isTrue();
            assertThat(kernel.isOpen("eth0")).isFalse();
        }

        @Test
        void stoppingAloneGivesUpWhenNobodyTookOver() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ofMillis(300)));
            runFor(driver, Duration.ofMillis(301));
            assertThat(stopped).isCompleted();
            assertThat(transitions)
                    .containsExactly(
                            "web ACTIVE ACTIVE hand-over-started",
                            "web ACTIVE ACTIVE hand-over-refused",
                            "web ACTIVE INITIALIZE shutdown");
            assertThat(kernel.addressesOf("eth0")).isEmpty();
        }

        @Test
        void stoppingWithoutHandOverSaysFarewellAtOnce() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
            runFor(driver, Duration.ZERO);
            assertThat(kernel.takeDeeds())
                    .containsExactly(
                            "send eth0 vrid 51 priority 0", "close services on 1", "remove eth0 198.18.0.200/24");
            assertThat(stopped).isCompleted();
        }

        @Test
        void stoppingDoesNotWaitForeverForAnAddressThatCannotBeRemoved() {
            ElectionDriver driver = activeDriver();
            kernel.failing.add("remove");
            CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
            runFor(driver, Duration.ofSeconds(1));
            assertThat(stopped).isNotDone();
            runFor(driver, Duration.ofSeconds(2));
            assertThat(stopped).isCompleted();
        }

        @Test
        void aStoppingNodeIsNotStartedByItsLink() {
            ElectionDriver driver = activeDriver();
            kernel.failing.add("remove");
            CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
            driver.runOnce();
            kernel.plug("eth0", 2, "198.18.0.10");
            driver.runOnce();
            assertThat(transitions).containsExactly("web ACTIVE INITIALIZE shutdown");
            assertThat(stopped).isNotDone();
        }

        @Test
        void afterTheEndNothingIsAccepted() {
            ElectionDriver driver = activeDriver();
            CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
            runFor(driver, Duration.ZERO);
            assertThat(stopped).isCompleted();
            int wakes = kernel.wakes();
            assertThat(driver.handOver("web", Optional.empty()).join().outcome())
                    .isEqualTo(HandOverResult.Outcome.NOT_ACCEPTED);
            assertThat(driver.stop(Optional.empty())).isCompleted();
            assertThat(kernel.wakes()).isEqualTo(wakes);
        }
    }

    @Nested
    class Failures {

        @Test
        void aListenerThatThrowsIsCounted() {
            listenerThrows = true;
            ElectionDriver driver = activeDriver();
            assertThat(driver.snapshot().listenerFailures()).isEqualTo(2);
        }

        @Test
        void anInternalErrorGivesTheAddressesUp() {
            kernel.plug("eth0", 2, "198.18.0.10");
            ServiceGate broken = new ServiceGate() {
                @Override
                public void open(Set<IpAddress> addresses) {
                    throw new IllegalStateException("broken");
                }

                @Override
                public void close(Set<IpAddress> addresses) {}
            };
            ElectionDriver driver = new ElectionDriver(
                    List.of(setup("web", "eth0", 51, 255, "198.18.0.200/24")), kernel.ports(), broken, listener);
            assertThatThrownBy(driver::run).hasMessage("broken");
            assertThat(kernel.addressesOf("eth0")).isEmpty();
            assertThat(kernel.takeDeeds()).contains("send eth0 vrid 51 priority 0");
            assertThat(driver.isEnded()).isTrue();
        }

        @Test
        void theLongestGapOfTheLoopIsKept() {
            ElectionDriver driver = activeDriver();
            kernel.advance(Duration.ofMillis(2_500));
            driver.runOnce();
            runFor(driver, Duration.ofSeconds(5));
            assertThat(driver.snapshot().longestLoopGap())
                    .isBetween(Duration.ofMillis(1_500), Duration.ofMillis(2_500));
        }
    }

    @Test
    void twoRoutersOfOneNameAreRefused() {
        assertThatThrownBy(() -> driver(
                        setup("web", "eth0", 51, 100, "198.18.0.200/24"),
                        setup("web", "eth0", 52, 100, "198.18.0.201/24")))
                .hasMessage("virtual router: web twice (expected: once)");
    }

    @Test
    void twoRoutersOfOneNumberOnAnInterfaceAreRefused() {
        assertThatThrownBy(() -> driver(
                        setup("web", "eth0", 51, 100, "198.18.0.200/24"),
                        setup("db", "eth0", 51, 100, "198.18.0.201/24")))
                .hasMessage("vrid on eth0: 51 twice (expected: once)");
    }

    @Test
    void theSnapshotShowsTheRouter() {
        ElectionDriver driver = activeDriver();
        ElectionSnapshot.Router router = routerOf(driver, "web");
        assertThat(router.reason()).isEqualTo("active-down-timer");
        assertThat(router.activeAddress()).contains(IpAddress.parse("198.18.0.10"));
        assertThat(router.addressesHeld()).containsExactly(VirtualAddress.parse("198.18.0.200/24"));
        assertThat(router.effectivePriority()).isEqualTo(new Priority(100));
        assertThat(router.counters().transitions()).isEqualTo(2);
        assertThat(router.counters().advertisementsSent()).isEqualTo(1);
    }
}
