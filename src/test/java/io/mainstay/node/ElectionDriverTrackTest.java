// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.FaultCause;
import io.mainstay.election.Tracked;
import io.mainstay.election.TransitionReason;
import io.mainstay.net.Priority;
import io.mainstay.takeover.AnnounceConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What is tracked, the start-up delay and sync groups, carried out. */
class ElectionDriverTrackTest extends ElectionDriverBench {

    private static final FaultCause SCRIPT =
            new FaultCause(TransitionReason.TRACKER_FAILED, "script db: exit status 1");

    private static Tracked tracked(int priority) {
        return new Tracked(new Priority(priority), Optional.empty(), Optional.empty());
    }

    private static RouterSetup member(String name, String interfaceName, int vrid, String address) {
        RouterSetup alone = setup(name, interfaceName, vrid, 100, address);
        return new RouterSetup(
                alone.config(),
                new AnnounceConfig(1, Duration.ZERO),
                AuthenticationConfig.NONE,
                Optional.of("gw"),
                Duration.ZERO,
                Optional.empty());
    }

    @Test
    void anotherPriorityIsAdvertisedAndShown() {
        ElectionDriver driver = activeDriver();
        driver.track("web", tracked(90));
        assertThat(kernel.wakes()).isEqualTo(1);
        driver.track("web", tracked(40));
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsExactly("send eth0 vrid 51 priority 40");
        assertThat(routerOf(driver, "web").effectivePriority()).isEqualTo(new Priority(40));
    }

    @Test
    void aTrackedFaultGivesTheAddressesUp() {
        ElectionDriver driver = activeDriver();
        driver.track("web", new Tracked(new Priority(100), Optional.of(SCRIPT), Optional.empty()));
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("FAULT");
        assertThat(routerOf(driver, "web").explanation())
                .isEqualTo("something that this node needs has failed: script db: exit status 1");
        assertThat(kernel.takeDeeds())
                .containsExactly("send eth0 vrid 51 priority 0", "close services on 1", "remove eth0 198.18.0.200/24");
        driver.track("web", tracked(100));
        driver.runOnce();
        assertThat(transitions).endsWith("web FAULT BACKUP tracker-recovered");
    }

    @Test
    void nothingStartsBeforeTheDelayAndTheFirstLook() {
        kernel.plug("eth0", 2, "198.18.0.10");
        RouterSetup alone = setup("web", "eth0", 51, 100, "198.18.0.200/24");
        ElectionDriver driver = driver(new RouterSetup(
                alone.config(),
                alone.announce(),
                AuthenticationConfig.NONE,
                Optional.empty(),
                Duration.ofSeconds(5),
                Optional.of(
                        new Tracked(new Priority(100), Optional.empty(), Optional.of("the first look at script db")))));
        runFor(driver, Duration.ofSeconds(4));
        assertThat(routerOf(driver, "web").explanation()).isEqualTo("waits for the end of the start-up delay");
        runFor(driver, Duration.ofSeconds(2));
        assertThat(routerOf(driver, "web").explanation()).isEqualTo("waits for the first look at script db");
        assertThat(stateOf(driver, "web")).isEqualTo("INITIALIZE");
        driver.track("web", tracked(100));
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void theMembersOfASyncGroupMoveTogether() {
        kernel.plug("eth0", 2, "198.18.0.10");
        kernel.plug("eth1", 3, "198.19.0.10");
        ElectionDriver driver =
                driver(member("in", "eth0", 51, "198.18.0.200/24"), member("out", "eth1", 52, "198.19.0.200/24"));
        runFor(driver, ACTIVE_DOWN);
        assertThat(kernel.addressesOf("eth0")).hasSize(1);
        assertThat(kernel.addressesOf("eth1")).hasSize(1);
        kernel.unplug("eth1", true);
        driver.runOnce();
        assertThat(stateOf(driver, "in")).isEqualTo("FAULT");
        assertThat(stateOf(driver, "out")).isEqualTo("FAULT");
        assertThat(kernel.addressesOf("eth0")).isEmpty();
        assertThat(transitions).contains("in ACTIVE FAULT sync-group-fault", "out ACTIVE FAULT interface-missing");
    }

    @Test
    void allMembersOfASyncGroupCanBeHandedOverByOneRequest() {
        kernel.plug("eth0", 2, "198.18.0.10");
        kernel.plug("eth1", 3, "198.19.0.10");
        ElectionDriver driver =
                driver(member("in", "eth0", 51, "198.18.0.200/24"), member("out", "eth1", 52, "198.19.0.200/24"));
        runFor(driver, ACTIVE_DOWN);
        List<CompletableFuture<HandOverResult>> results = driver.handOver(List.of("in", "out"), Optional.empty());
        driver.runOnce();
        kernel.hear("eth0", "198.18.0.2", 51, 90);
        driver.runOnce();
        assertThat(results)
                .allSatisfy(result -> assertThat(result)
                        .isCompletedWithValueMatching(done -> done.outcome() == HandOverResult.Outcome.HANDED_OVER));
    }

    @Test
    void whatIsTrackedIsForAVirtualRouterThatIsThere() {
        ElectionDriver driver = webDriver();
        assertThatThrownBy(() -> driver.track("nope", tracked(1)))
                .hasMessage("virtual router: nope (expected: one of [web])");
    }
}
