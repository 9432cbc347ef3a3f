// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How the driver carries takeovers out, and what it does about failures of its surroundings. */
class ElectionDriverTest extends ElectionDriverBench {

    @Test
    void advertisesThenAddsThenAnnouncesThenOpensThenAsks() {
        kernel.plug("eth0", 2, "198.18.0.10");
        runFor(webDriver(), ACTIVE_DOWN);
        assertThat(kernel.takeDeeds())
                .containsExactly(
                        "open eth0",
                        "send eth0 vrid 51 priority 100",
                        "add eth0 198.18.0.200/24",
                        "announce eth0 198.18.0.200",
                        "open services on 1",
                        "probe eth0 198.18.0.200");
        assertThat(transitions).containsExactly("web INITIALIZE BACKUP started", "web BACKUP ACTIVE active-down-timer");
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
        assertThat(routerOf(driver, "web").counters().advertisementsReceived()).isEqualTo(20);
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
        String[] many =
                IntStream.range(1, 101).mapToObj(i -> "198.18.1." + i + "/24").toArray(String[]::new);
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
            public CompletableFuture<?> close(Set<IpAddress> addresses) {
                return CompletableFuture.completedFuture(null);
            }
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
        assertThat(driver.snapshot().longestLoopGap()).isBetween(Duration.ofMillis(1_500), Duration.ofMillis(2_500));
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
                .hasMessage("vrid on eth0: 51 twice for IPv4 (expected: once)");
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
