// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The firewalls that hosts usually have, as their programs list them: what iptables-services of RHEL brings, before and since RHEL 6,
 * firewalld 1.3 with an interface in zone public, on both of its backends, ufw 0.36 with port 22 open, and docker, whose rules are
 * written down here. All of them listed by iptables 1.8.9 and nft 1.0.6.
 */
class FirewallListingsTest {

    private static final Path LISTINGS = Path.of("src/test/resources/firewall");

    private static final FirewallPacket IN = packet(true, "224.0.0.18");
    private static final FirewallPacket OUT = packet(false, "224.0.0.18");
    private static final FirewallPacket IN6 = packet(true, "ff02::12");
    private static final FirewallPacket OUT6 = packet(false, "ff02::12");
    private static final FirewallPacket FROM_PEER = new FirewallPacket(
            new InterfaceName("eth0"), true, Optional.of(IpAddress.parse("10.0.0.2")), IpAddress.parse("10.0.0.1"));

    private static FirewallPacket packet(boolean incoming, String destination) {
        return new FirewallPacket(new InterfaceName("eth0"), incoming, Optional.empty(), IpAddress.parse(destination));
    }

    private static String listing(String name) {
        try {
            return Files.readString(LISTINGS.resolve(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertPasses(List<FirewallVerdict> verdicts) {
        assertThat(verdicts)
                .isNotEmpty()
                .allSatisfy(each -> assertThat(each.passes()).as(each.reason()).isEqualTo(Truth.YES));
    }

    /** Each of the others lets it pass for sure. */
    private static void assertDropped(List<FirewallVerdict> verdicts, String by) {
        assertThat(verdicts)
                .filteredOn(each -> each.passes() != Truth.YES)
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.passes()).as(each.reason()).isEqualTo(Truth.NO);
                    assertThat(each.reason()).contains(by);
                });
    }

    @ParameterizedTest
    @CsvSource({
        "rhel7.saved, -A INPUT -j REJECT --reject-with icmp-host-prohibited",
        "rh-firewall.saved, -A RH-Firewall-1-INPUT -j REJECT --reject-with icmp-host-prohibited",
        "firewalld.saved, -A IN_public -j REJECT --reject-with icmp-port-unreachable",
        "ufw.saved, the policy of chain INPUT of iptables table filter",
    })
    void whatComesInIsDropped(String name, String by) {
        String saved = listing(name);
        assertDropped(IptablesRules.verdicts(saved, IN), by);
        assertDropped(IptablesRules.verdicts(saved, FROM_PEER), by);
        assertPasses(IptablesRules.verdicts(saved, OUT));
        int first = saved.indexOf("-A INPUT ", saved.indexOf("*filter"));
        String accepting = saved.substring(0, first) + "-A INPUT -p vrrp -j ACCEPT" + System.lineSeparator()
                + saved.substring(first);
        assertPasses(IptablesRules.verdicts(accepting, IN));
    }

    @ParameterizedTest
    @CsvSource({
        "firewalld6.saved, -A IN_public -j REJECT --reject-with icmp6-port-unreachable",
        "ufw6.saved, the policy of chain INPUT of iptables table filter",
    })
    void whatComesInByIpv6IsDropped(String name, String by) {
        assertDropped(IptablesRules.verdicts(listing(name), IN6), by);
        assertPasses(IptablesRules.verdicts(listing(name), OUT6));
    }

    @Test
    void dockerIsInNobodysWay() {
        for (FirewallPacket packet : List.of(IN, OUT, FROM_PEER)) {
            assertPasses(IptablesRules.verdicts(listing("docker.saved"), packet));
        }
    }

    @Test
    void firewalldDropsUntilProtocol112IsAdded() {
        for (FirewallPacket packet : List.of(IN, IN6, FROM_PEER)) {
            assertDropped(
                    NftRules.verdicts(listing("firewalld.json"), packet, Set.of()),
                    "in chain filter_IN_public of table inet firewalld");
            assertPasses(NftRules.verdicts(listing("firewalld-vrrp.json"), packet, Set.of()));
        }
        for (FirewallPacket packet : List.of(OUT, OUT6)) {
            assertPasses(NftRules.verdicts(listing("firewalld.json"), packet, Set.of()));
        }
    }

    /** Where there is no {@code iptables-nft-save}. */
    @Test
    void whatNftHasNoWordForIsLeftOpenUnlessIptablesTellsIt() {
        String rules = listing("rhel7.json");
        assertThat(NftRules.verdicts(rules, IN, Set.of()))
                .extracting(FirewallVerdict::passes)
                .containsExactly(Truth.MAYBE);
        Set<String> told = IptablesRules.tables(listing("rhel7.saved"));
        assertThat(told).containsExactly("filter");
        assertThat(NftRules.verdicts(rules, IN, told)).isEmpty();
        assertThat(NftRules.verdicts(listing("firewalld.json"), IN, told))
                .as("of another family")
                .isNotEmpty();
    }

    private static Truth input(String... rules) {
        String saved = """
                *filter
                :INPUT ACCEPT [0:0]
                :OTHER - [0:0]
                %s
                COMMIT
                """.formatted(String.join(System.lineSeparator(), rules));
        return IptablesRules.verdicts(saved, IN).getFirst().passes();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m addrtype --dst-type MULTICAST",
                "-m addrtype --dst-type BROADCAST,MULTICAST",
                "-m addrtype ! --dst-type LOCAL",
                "-m pkttype --pkt-type multicast",
                "-m conntrack ! --ctstate INVALID",
                "-m conntrack --ctstate NEW -m comment --comment \"not -s 10.0.0.9 nor \\\"-p tcp\\\"\"",
                "-m ttl --ttl-eq 255",
                "! -f",
            })
    void whatAnAdvertisementIsForSureDecides(String condition) {
        assertThat(input("-A INPUT " + condition + " -j DROP")).isEqualTo(Truth.NO);
        assertThat(input("-A INPUT " + condition + " -j ACCEPT", "-A INPUT -j DROP"))
                .isEqualTo(Truth.YES);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m addrtype --dst-type LOCAL",
                "-m addrtype --src-type LOCAL",
                "-m pkttype --pkt-type broadcast",
                "-m conntrack --ctstate INVALID",
                "-m conntrack --ctstatus DNAT",
                "-m rt --rt-type 0",
                "-m ah ! --ahspi 7",
                "-f",
            })
    void whatItIsNotForSureDecidesToo(String condition) {
        assertThat(input("-A INPUT " + condition + " -j DROP")).isEqualTo(Truth.YES);
    }

    @Test
    void whatPerhapsReturnsLeavesTheRestOfItsChainOpen() {
        String perhaps = "-m mark --mark 0x1/0x1";
        assertThat(input("-A INPUT " + perhaps + " -j RETURN", "-A INPUT -j DROP"))
                .isEqualTo(Truth.MAYBE);
        assertThat(input(
                        "-A OTHER " + perhaps + " -j RETURN",
                        "-A OTHER -j ACCEPT",
                        "-A INPUT -j OTHER",
                        "-A INPUT -j DROP"))
                .isEqualTo(Truth.MAYBE);
        assertThat(input("-A INPUT " + perhaps + " -g OTHER", "-A INPUT -j DROP"))
                .isEqualTo(Truth.MAYBE);
        assertThat(input("-A OTHER " + perhaps + " -j RETURN", "-A INPUT -j OTHER", "-A INPUT -j DROP"))
                .isEqualTo(Truth.NO);
    }

    @Test
    void aTargetThatIsNoChainAndNotKnownMayDrop() {
        assertThat(input("-A INPUT -j SYNPROXY --mss 1460")).isEqualTo(Truth.MAYBE);
        assertThat(input("-A INPUT -j OTHER")).isEqualTo(Truth.YES);
    }
}
