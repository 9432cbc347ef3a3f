// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.Authentication.SimplePassword;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult.Decoded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the driver puts on the wire and takes from it, by version and configuration. */
class ElectionDriverProtocolTest extends ElectionDriverBench {

    private static final Authentication PASSWORD = SimplePassword.ofOctets("1111".getBytes(StandardCharsets.US_ASCII));

    private static final Duration SECOND = Duration.ofSeconds(1);

    @BeforeEach
    void plug() {
        kernel.plug("eth0", 2, "198.18.0.10");
    }

    private static ProtocolConfig version2(Authentication authentication) {
        return new ProtocolConfig(VrrpVersion.V2, ChecksumPreference.AUTO, authentication);
    }

    private static Advertisement advertisement(
            VrrpVersion version, int priority, Authentication authentication, String... addresses) {
        return new Advertisement(
                version,
                new VirtualRouterId(51),
                new Priority(priority),
                SECOND,
                List.of(addresses).stream().map(IpAddress::parse).toList(),
                authentication);
    }

    private List<Decoded> sent() {
        return kernel.sent.stream()
                .map(AdvertisementDecoder::decode)
                .map(result -> (Decoded) result)
                .toList();
    }

    private Map<DiscardReason, Long> discards(ElectionDriver driver) {
        return driver.snapshot().interfaces().getFirst().discards();
    }

    @Test
    void version2IsSpokenWithItsPassword() {
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, version2(PASSWORD), "198.18.0.200/24"));
        runFor(driver, ACTIVE_DOWN);
        assertThat(sent())
                .containsExactly(new Decoded(
                        advertisement(VrrpVersion.V2, 100, PASSWORD, "198.18.0.200"), ChecksumForm.RFC9568));
        assertThat(kernel.sent.getFirst().destination()).isEqualTo(Ipv4Address.VRRP_GROUP);
        kernel.hear("eth0", "198.18.0.11", advertisement(VrrpVersion.V2, 200, PASSWORD, "198.18.0.200"));
        runFor(driver, Duration.ZERO);
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    private static final String[] BOTH = {"2001:db8::200/64", "198.18.0.200/24", "fe80::200/64"};

    private Advertisement ipv4(int priority) {
        return advertisement(VrrpVersion.V3, priority, Authentication.NONE, "198.18.0.200");
    }

    private Advertisement ipv6(int priority) {
        return advertisement(VrrpVersion.V3, priority, Authentication.NONE, "fe80::200", "2001:db8::200");
    }

    private ElectionDriver activeWithBothFamilies() {
        kernel.plug("eth0", 2, "fe80::200", "fe80::10", "198.18.0.10", "2001:db8::10");
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, BOTH));
        runFor(driver, ACTIVE_DOWN);
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        return driver;
    }

    @Test
    void bothFamiliesAreAdvertisedAndMoveTogether() {
        ElectionDriver driver = activeWithBothFamilies();
        assertThat(sent()).extracting(Decoded::advertisement).containsExactly(ipv4(100), ipv6(100));
        assertThat(kernel.sent)
                .extracting(datagram -> datagram.source() + " to " + datagram.destination())
                .containsExactly("198.18.0.10 to 224.0.0.18", "fe80::10 to ff02::12");
        assertThat(kernel.takeDeeds())
                .contains("add eth0 2001:db8::200/64", "add eth0 198.18.0.200/24", "announce eth0 fe80::200");
        kernel.hear("eth0", "fe80::11", ipv6(200));
        runFor(driver, Duration.ofMillis(100));
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(kernel.takeDeeds())
                .contains("remove eth0 2001:db8::200/64", "remove eth0 198.18.0.200/24", "remove eth0 fe80::200/64");
    }

    @Test
    void anAdvertisementOverEitherFamilyKeepsABackupWaiting() {
        kernel.plug("eth0", 2, "fe80::10", "198.18.0.10");
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, BOTH));
        for (int i = 0; i < 10; i++) {
            runFor(driver, SECOND);
            kernel.hear("eth0", i % 2 == 0 ? "198.18.0.11" : "fe80::11", i % 2 == 0 ? ipv4(200) : ipv6(200));
        }
        runFor(driver, SECOND);
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(routerOf(driver, "web").activeAddress()).contains(IpAddress.parse("198.18.0.11"));
        assertThat(noticeLabels()).isEmpty();
    }

    @Test
    void aTieIsDecidedByTheIpv4AddressAlone() {
        ElectionDriver driver = activeWithBothFamilies();
        kernel.hear("eth0", "fe80::99", ipv6(100));
        kernel.hear("eth0", "198.18.0.9", ipv4(100));
        runFor(driver, Duration.ofMillis(10));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        kernel.hear("eth0", "198.18.0.11", ipv4(100));
        runFor(driver, Duration.ofMillis(10));
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void aTieOfIpv6AloneIsDecidedByTheLinkLocalAddress() {
        kernel.plug("eth0", 2, "fe80::10", "198.18.0.10");
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, "fe80::200/64", "2001:db8::200/64"));
        runFor(driver, ACTIVE_DOWN);
        kernel.hear("eth0", "fe80::9", ipv6(100));
        runFor(driver, Duration.ofMillis(10));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        kernel.hear("eth0", "fe80::11", ipv6(100));
        runFor(driver, Duration.ofMillis(10));
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void aFarewellCountsOverEitherFamilyButNotThatOfAPredecessor() {
        kernel.plug("eth0", 2, "fe80::10", "198.18.0.10");
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, BOTH));
        driver.runOnce();
        kernel.hear("eth0", "198.18.0.11", ipv4(200));
        kernel.hear("eth0", "fe80::11", ipv6(200));
        kernel.hear("eth0", "198.18.0.12", ipv4(201));
        kernel.hear("eth0", "fe80::11", ipv6(0));
        runFor(driver, SECOND);
        assertThat(stateOf(driver, "web")).as("the farewell of a predecessor").isEqualTo("BACKUP");
        kernel.hear("eth0", "fe80::12", ipv6(201));
        kernel.hear("eth0", "198.18.0.12", ipv4(0));
        runFor(driver, SECOND);
        assertThat(stateOf(driver, "web")).as("a farewell over IPv4").isEqualTo("ACTIVE");
    }

    @Test
    void aFamilyThatFallsSilentIsToldOnce() {
        ElectionDriver driver = activeWithBothFamilies();
        kernel.hear("eth0", "198.18.0.11", ipv4(200));
        kernel.hear("eth0", "fe80::11", ipv6(200));
        for (int i = 0; i < 20; i++) {
            runFor(driver, SECOND);
            kernel.hear("eth0", "198.18.0.11", ipv4(200));
        }
        runFor(driver, SECOND);
        assertThat(noticeLabels()).containsExactly("family-silent");
        assertThat(notices.getFirst().sentence())
                .startsWith("peer 198.18.0.11 is heard over IPv4, but no peer over IPv6: look for a filter");
    }

    @Test
    void aFamilyWithoutASourceIsAFaultThatNamesIt() {
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, BOTH));
        driver.runOnce();
        assertThat(transitions).containsExactly("web INITIALIZE FAULT no-source-address");
        assertThat(routerOf(driver, "web").explanation()).endsWith(": no IPv6 address on eth0");
        kernel.plug("eth0", 2, "fe80::10", "198.18.0.10");
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void ipv6IsAdvertisedAsLongAsIpv4CannotBe() {
        ElectionDriver driver = activeWithBothFamilies();
        kernel.failing.add("send eth0 from 198.18.0.10");
        runFor(driver, Duration.ofSeconds(10));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(noticeLabels()).containsExactly("advertisement-unsent");
        kernel.failing.add("send eth0 from fe80::10");
        runFor(driver, Duration.ofSeconds(3));
        assertThat(transitions).contains("web ACTIVE FAULT cannot-advertise");
    }

    @Test
    void eachFamilyHasItsOwnNumbers() {
        kernel.plug("eth0", 2, "fe80::10", "198.18.0.10");
        ElectionDriver driver = driver(
                setup("four", "eth0", 51, 100, "198.18.0.200/24"),
                setup("six", "eth0", 51, 100, "fe80::200/64", "2001:db8::200/64"));
        runFor(driver, ACTIVE_DOWN);
        kernel.hear("eth0", "fe80::11", ipv6(200));
        runFor(driver, Duration.ofMillis(10));
        assertThat(stateOf(driver, "four")).isEqualTo("ACTIVE");
        assertThat(stateOf(driver, "six")).isEqualTo("BACKUP");
    }

    private static ProtocolConfig unicast(String... peers) {
        return new ProtocolConfig(
                VrrpVersion.V3,
                ChecksumPreference.PSEUDO_HEADER,
                Authentication.NONE,
                List.of(peers).stream().map(IpAddress::parse).toList(),
                255);
    }

    @Test
    void unicastGoesToEachPeerAndMayBeUnreachableForOne() {
        ElectionDriver driver =
                driver(setup("web", "eth0", 51, 100, unicast("198.18.0.11", "198.18.0.12"), "198.18.0.200/24"));
        runFor(driver, ACTIVE_DOWN);
        assertThat(kernel.sent)
                .extracting(datagram -> datagram.source() + " to " + datagram.destination())
                .containsExactly("198.18.0.10 to 198.18.0.11", "198.18.0.10 to 198.18.0.12");
        assertThat(sent()).extracting(Decoded::checksumForm).containsOnly(ChecksumForm.PSEUDO_HEADER);
        kernel.failing.add("send eth0 from 198.18.0.10 to 198.18.0.11");
        runFor(driver, Duration.ofSeconds(10));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(noticeLabels()).containsExactly("advertisement-unsent");
        assertThat(routerOf(driver, "web").counters().advertisementsUnsent()).isGreaterThan(5);
    }

    @Test
    void unicastBeyondTheLinkComesFromAGlobalAddress() {
        kernel.plug("eth0", 2, "fe80::10", "2001:db8::200", "2001:db8::10", "198.18.0.10");
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, unicast("2001:db8:1::2"), "2001:db8::200/64"));
        runFor(driver, ACTIVE_DOWN);
        assertThat(kernel.sent)
                .extracting(datagram -> datagram.source() + " to " + datagram.destination())
                .containsExactly("2001:db8::10 to 2001:db8:1::2");
    }

    @Test
    void whatIsRefusedIsCountedAndToldWithTheNameOfTheRouterOnceAnHour() {
        ElectionDriver driver = activeDriver();
        for (int i = 0; i < 3_700; i++) {
            kernel.hear("eth0", "198.18.0.66", advertisement(VrrpVersion.V2, 200, Authentication.NONE, "198.18.0.200"));
            kernel.advance(SECOND);
            driver.runOnce();
        }
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(discards(driver)).containsExactly(Map.entry(DiscardReason.VERSION_OTHER, 3_700L));
        assertThat(noticeLabels()).containsExactly("discarded-version-other", "discarded-version-other");
        assertThat(notices.getFirst().router()).contains("web");
        assertThat(notices.getFirst().sentence())
                .startsWith("messages of 198.18.0.66 are discarded: it speaks VRRPv2 for VRID 51, this node VRRPv3");
    }
}
