// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Interfaces that come, go and fail. */
class ElectionDriverLinksTest extends ElectionDriverBench {

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
    void aRenamedInterfaceKeepsNoVirtualAddress() {
        ElectionDriver driver = activeDriver();
        kernel.rename("eth0", "lan0");
        driver.runOnce();
        assertThat(transitions).containsExactly("web ACTIVE FAULT interface-missing");
        assertThat(kernel.addressesOf("lan0")).isEmpty();
        assertThat(kernel.takeDeeds())
                .containsSubsequence(
                        "send eth0 vrid 51 priority 0", "close services on 1", "remove lan0 198.18.0.200/24");
        kernel.rename("lan0", "eth0");
        driver.runOnce();
        assertThat(transitions).last().isEqualTo("web FAULT BACKUP link-recovered");
    }

    @Test
    void aDeletedInterfaceClosesTheServicesBeforeItIsOpenedAnew() {
        ElectionDriver driver = activeDriver();
        kernel.unplug("eth0", false);
        kernel.plug("eth0", 3, "198.18.0.10");
        driver.runOnce();
        assertThat(kernel.takeDeeds())
                .containsSubsequence("send eth0 vrid 51 priority 0", "close services on 1", "open eth0");
    }

    @Test
    void aBackupThatKeptAddressesForItsSuccessorClosesItsServicesFirstWhenTheInterfaceIsReplaced() {
        ElectionDriver driver = activeDriver();
        kernel.hear("eth0", "198.18.0.11", 51, 200);
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(kernel.addressesOf("eth0")).as("for the successor").isNotEmpty();
        kernel.takeDeeds();
        kernel.unplug("eth0", false);
        kernel.plug("eth0", 3, "198.18.0.10");
        kernel.put("eth0", "198.18.0.200/24");
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsSubsequence("close services on 1", "remove eth0 198.18.0.200/24");
        assertThat(kernel.addressesOf("eth0")).isEmpty();
    }

    @Test
    void lostCarrierAndAdministrativelyDownAreToldApart() {
        ElectionDriver driver = activeDriver();
        List<IpAddress> primary = List.of(IpAddress.parse("198.18.0.10"));
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
    void moreAddressesThanFitIntoAPacketAreAFaultThatSaysHowMany() {
        String[] many = IntStream.rangeClosed(1, 91)
                .mapToObj(number -> "2001:db8::" + Integer.toHexString(number) + "/64")
                .toArray(String[]::new);
        kernel.plug("eth0", 2, "fe80::10");
        ElectionDriver driver =
                driver(setup("web", "eth0", 51, 100, many), setup("few", "eth0", 52, 100, oneLess(many)));
        driver.runOnce();
        assertThat(transitions)
                .containsExactly("web INITIALIZE FAULT advertisement-too-long", "few INITIALIZE BACKUP started");
        assertThat(routerOf(driver, "web").explanation())
                .endsWith(
                        ": over IPv6: 1504 octets (expected: at most 1500, the MTU of eth0: divide the addresses among"
                                + " several virtual routers)");
        kernel.setLink(
                "eth0", new LinkState(2, FakeKernel.mac(2), 1504, true, true, List.of(IpAddress.parse("fe80::10"))));
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    private static String[] oneLess(String... addresses) {
        return Arrays.copyOf(addresses, addresses.length - 1);
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
        kernel.hear(
                "eth1",
                "198.19.0.11",
                new Advertisement(
                        VrrpVersion.V3,
                        new VirtualRouterId(51),
                        new Priority(200),
                        Duration.ofSeconds(1),
                        List.of(IpAddress.parse("198.19.0.200"))));
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(stateOf(driver, "db")).isEqualTo("BACKUP");
    }
}
