// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.DiscardReason;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Addresses that others touch or claim, and strangers on the segment. */
class ElectionDriverAddressesTest extends ElectionDriverBench {

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

    /** An active driver that is about to let its address go. */
    private ElectionDriver leavingDriver() {
        ElectionDriver driver = activeDriver();
        resets = new CompletableFuture<>();
        List<IpAddress> sources = List.of(IpAddress.parse("198.18.0.10"));
        kernel.setLink("eth0", new LinkState(2, FakeKernel.mac(2), 1500, true, false, sources));
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsExactly("send eth0 vrid 51 priority 0", "close services on 1");
        return driver;
    }

    @Test
    void anAddressStaysUntilTheClientsAreReset() {
        ElectionDriver driver = leavingDriver();
        kernel.advance(Duration.ofMillis(1));
        driver.runOnce();
        assertThat(kernel.takeDeeds()).isEmpty();
        int wakes = kernel.wakes();
        resets.complete(null);
        assertThat(kernel.wakes()).isEqualTo(wakes + 1);
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsExactly("remove eth0 198.18.0.200/24");
    }

    @Test
    void anAddressDoesNotWaitLongForResets() {
        ElectionDriver driver = leavingDriver();
        assertThat(driver.nextDeadline()).contains(kernel.now().plus(Duration.ofMillis(5)));
        kernel.advance(Duration.ofMillis(5));
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsExactly("remove eth0 198.18.0.200/24");
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
    void oneThatAppearsOnAnActiveUnderAnotherPrefixLengthIsRemovedAndServedOn() {
        ElectionDriver driver = activeDriver();
        kernel.put("eth0", "198.18.0.200/32");
        kernel.waiting.add(
                new KernelEvent.AddressAdded(new InterfaceName("eth0"), VirtualAddress.parse("198.18.0.200/32")));
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsExactly("remove eth0 198.18.0.200/32");
        assertThat(kernel.addressesOf("eth0")).contains(VirtualAddress.parse("198.18.0.200/24"));
        assertThat(forgotten).as("the gate stays open for what stays").isEmpty();
        assertThat(noticeLabels()).containsExactly("address-intruded");
        assertThat(notices.getFirst().sentence()).contains("would stay when this node steps back");
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
    void oneThatStaysWithItsOwnerIsServedNoMoreOnceItIsGivenUp() {
        VirtualAddress own = VirtualAddress.parse("198.18.0.200/24");
        kernel.plug("eth0", 2, "198.18.0.10");
        kernel.addressesOf("eth0").add(own);
        ElectionDriver driver = driver(setup("web", "eth0", 51, 255, "198.18.0.200/24", "198.18.0.201/24"));
        driver.runOnce();
        assertThat(forgotten).isEmpty();
        assertThat(driver.stop(Optional.of(Duration.ZERO))).isNotDone();
        runFor(driver, Duration.ZERO);
        assertThat(kernel.addressesOf("eth0")).containsExactly(own);
        assertThat(forgotten).containsExactly("198.18.0.201", "198.18.0.200");
    }

    @Test
    void aForeignOneMayChangeTheSourceOfAdvertisements() {
        ElectionDriver driver = activeDriver();
        kernel.setLink("eth0", new LinkState(2, FakeKernel.mac(2), 1500, true, true, List.of()));
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
        assertThat(kernel.takeDeeds()).containsExactly("announce eth0 198.18.0.200", "probe eth0 198.18.0.200");
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

    @Test
    void onesThatSomebodyHasAfterAStallAreWaitedFor() {
        ElectionDriver driver = activeDriver();
        kernel.advance(Duration.ofSeconds(4));
        driver.runOnce();
        assertThat(kernel.takeDeeds())
                .containsExactly("close services on 1", "remove eth0 198.18.0.200/24", "probe eth0 198.18.0.200");
        assertThat(facts)
                .as("the probe is no step of it")
                .anyMatch(fact -> fact.kind().equals("released"));
        kernel.waiting.add(new KernelEvent.AddressClaimed(
                new InterfaceName("eth0"), IpAddress.parse("198.18.0.200"), new MacAddress(0x99)));
        runFor(driver, Duration.ofSeconds(3));
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        runFor(driver, Duration.ofSeconds(1));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
    }

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
        assertThat(notices.getFirst().sentence()).contains("198.18.0.66", "VRID 77");
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
    void whoGoOnAreComplainedAboutByTheirLastReason() {
        ElectionDriver driver = activeDriver();
        IpAddress source = IpAddress.parse("198.18.0.66");
        kernel.hear("eth0", new IpDatagram(source, Ipv4Address.VRRP_GROUP, 255, new byte[3]));
        kernel.hear("eth0", new IpDatagram(source, Ipv4Address.VRRP_GROUP, 64, new byte[20]));
        kernel.hear("eth0", "198.18.0.67", 77, 200);
        driver.runOnce();
        kernel.advance(Duration.ofSeconds(1));
        driver.runOnce();
        Map<String, List<String>> complaints =
                driver.snapshot().interfaces().getFirst().complaints();
        assertThat(complaints).containsOnlyKeys("");
        assertThat(complaints.get("")).singleElement().asString().contains(source.toString(), "TTL");
        kernel.advance(Complaints.LONGEST_PAUSE);
        driver.runOnce();
        kernel.advance(Duration.ofSeconds(1));
        driver.runOnce();
        assertThat(driver.snapshot().interfaces().getFirst().complaints()).isEmpty();
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
