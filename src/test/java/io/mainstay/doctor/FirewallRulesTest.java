// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirewallRulesTest {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final IpAddress GROUP = IpAddress.parse("224.0.0.18");
    private static final FirewallPacket IN = new FirewallPacket(ETH0, true, Optional.empty(), GROUP);
    private static final FirewallPacket OUT = new FirewallPacket(ETH0, false, Optional.empty(), GROUP);
    private static final FirewallPacket FROM_PEER =
            new FirewallPacket(ETH0, true, Optional.of(IpAddress.parse("10.0.0.2")), IpAddress.parse("10.0.0.1"));
    private static final FirewallPacket IN6 =
            new FirewallPacket(ETH0, true, Optional.empty(), IpAddress.parse("ff02::12"));

    /** A table {@code inet filter} with a chain {@code input} of that policy and these rules, and one {@code other}. */
    private static String nft(String policy, String... expressions) {
        StringBuilder json = new StringBuilder(
                "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}},"
                        + "{\"table\": {\"family\": \"inet\", \"name\": \"filter\", \"handle\": 1}},"
                        + "{\"chain\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"input\", \"handle\": 1,"
                        + " \"type\": \"filter\", \"hook\": \"input\", \"prio\": 0, \"policy\": \"" + policy + "\"}},"
                        + "{\"chain\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"other\", \"handle\": 2}},"
                        + "{\"set\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"lans\", \"elem\": [\"eth0\", \"eth1\"]}}");
        int handle = 3;
        for (String expression : expressions) {
            String chain = expression.startsWith("other:") ? "other" : "input";
            json.append(",{\"rule\": {\"family\": \"inet\", \"table\": \"filter\", \"chain\": \"")
                    .append(chain)
                    .append("\", \"handle\": ")
                    .append(handle++)
                    .append(", \"expr\": [")
                    .append(expression.replace("other:", "").replace('\'', '"'))
                    .append("]}}");
        }
        return json.append("]}").toString();
    }

    private static String match(String left, String right) {
        return "{'match': {'op': '==', 'left': " + left + ", 'right': " + right + "}}";
    }

    private static final String VRRP = match("{'meta': {'key': 'l4proto'}}", "'vrrp'");
    private static final String ON_ETH0 = match("{'meta': {'key': 'iifname'}}", "'eth0'");
    private static final String ON_LO = match("{'meta': {'key': 'iifname'}}", "'lo'");
    private static final String FROM_LAN =
            match("{'payload': {'protocol': 'ip', 'field': 'saddr'}}", "{'prefix': {'addr': '10.0.0.0', 'len': 8}}");
    private static final String ESTABLISHED =
            "{'match': {'op': 'in', 'left': {'ct': {'key': 'state'}}, 'right': ['established', 'related']}}";
    private static final String SSH = match("{'payload': {'protocol': 'tcp', 'field': 'dport'}}", "22");
    private static final String ACCEPT = ", {'counter': {'packets': 0, 'bytes': 0}}, {'accept': null}";
    private static final String DROP = ", {'drop': null}";

    private static final FirewallVerdict PASSES = new FirewallVerdict(Truth.YES, "");

    private static FirewallVerdict nftables(String json) {
        List<FirewallVerdict> verdicts = NftRules.verdicts(json, IN, Set.of());
        assertThat(verdicts).hasSize(1);
        return verdicts.getFirst();
    }

    @Test
    void withoutRulesThePolicyDecides() {
        assertThat(nftables(nft("accept")).passes()).isEqualTo(Truth.YES);
        assertThat(nftables(nft("drop")))
                .isEqualTo(new FirewallVerdict(
                        Truth.NO, "the policy of chain input of table inet filter, which drops what no rule accepts"));
        assertThat(NftRules.verdicts(nft("drop"), OUT, Set.of())).isEmpty();
    }

    @Test
    void theUsualServerFirewallDropsAdvertisements() {
        assertThat(nftables(nft("drop", ESTABLISHED + ACCEPT, ON_LO + ACCEPT, SSH + ACCEPT))
                        .passes())
                .isEqualTo(Truth.NO);
        assertThat(nftables(nft("drop", ESTABLISHED + ACCEPT, SSH + ACCEPT, VRRP + ACCEPT))
                        .passes())
                .isEqualTo(Truth.YES);
        assertThat(nftables(nft("drop", match("{'payload': {'protocol': 'ip', 'field': 'protocol'}}", "112") + ACCEPT))
                        .passes())
                .isEqualTo(Truth.YES);
    }

    @Test
    void theRuleThatDropsIsNamed() {
        assertThat(nftables(nft("accept", SSH + ACCEPT, ON_ETH0 + ", " + VRRP + DROP)))
                .isEqualTo(new FirewallVerdict(Truth.NO, "the rule with handle 4 in chain input of table inet filter"));
    }

    @Test
    void whatDependsOnWhatIsNotKnownIsSaidSo() {
        assertThat(nftables(nft("accept", FROM_LAN + DROP)).passes()).isEqualTo(Truth.MAYBE);
        assertThat(nftables(nft("drop", FROM_LAN + ACCEPT)))
                .isEqualTo(new FirewallVerdict(
                        Truth.MAYBE,
                        "the policy of chain input of table inet filter, which drops what no rule accepts, unless it meets"
                                + " the rule with handle 3 in chain input of table inet filter"));
    }

    @Test
    void jumpsSetsAndVerdictMapsAreFollowed() {
        String jump = ON_ETH0 + ", {'jump': {'target': 'other'}}";
        assertThat(nftables(nft("drop", jump, "other:" + VRRP + ACCEPT)).passes())
                .isEqualTo(Truth.YES);
        assertThat(nftables(nft("drop", jump, "other:" + VRRP + ", {'return': null}", "other:" + VRRP + ACCEPT))
                        .passes())
                .isEqualTo(Truth.NO);
        assertThat(nftables(nft("drop", match("{'meta': {'key': 'iifname'}}", "'@lans'") + ACCEPT))
                        .passes())
                .isEqualTo(Truth.YES);
        assertThat(nftables(nft(
                                "drop",
                                "{'vmap': {'key': {'meta': {'key': 'l4proto'}}, 'data': {'set': [['tcp', {'drop': null}],"
                                        + " [112, {'goto': {'target': 'other'}}]]}}}",
                                "other:{'accept': null}"))
                        .passes())
                .isEqualTo(Truth.YES);
    }

    @Test
    void negationsAndWildcardsCount() {
        String notMulticast = "{'match': {'op': '!=', 'left': {'meta': {'key': 'pkttype'}}, 'right': 'multicast'}}";
        assertThat(nftables(nft("accept", notMulticast + DROP)).passes()).isEqualTo(Truth.YES);
        assertThat(nftables(nft("accept", match("{'meta': {'key': 'iifname'}}", "'eth*'") + DROP))
                        .passes())
                .isEqualTo(Truth.NO);
        assertThat(nftables(nft(
                                "drop",
                                match(
                                                "{'payload': {'protocol': 'ip', 'field': 'daddr'}}",
                                                "{'set': [{'prefix': {'addr': '224.0.0.0', 'len': 4}}]}")
                                        + ACCEPT))
                        .passes())
                .isEqualTo(Truth.YES);
    }

    private static String xt(String type, String name) {
        return "{'xt': {'type': '" + type + "', 'name': '" + name + "'}}";
    }

    /** As iptables-nft 1.8.9 makes the rules, and nft 1.0.6 prints them. */
    @Test
    void whatIptablesRejectsByAnExtensionIsDropped() {
        String counted = "{'counter': {'packets': 0, 'bytes': 0}}, ";
        String reject = counted + xt("target", "REJECT");
        assertThat(nftables(nft("accept", SSH + ACCEPT, reject)))
                .isEqualTo(new FirewallVerdict(Truth.NO, "the rule with handle 4 in chain input of table inet filter"));
        assertThat(nftables(nft("accept", VRRP + ACCEPT, reject)).passes()).isEqualTo(Truth.YES);
        assertThat(nftables(nft("accept", xt("match", "comment") + ", " + reject))
                        .passes())
                .as("a comment is no condition")
                .isEqualTo(Truth.NO);
        assertThat(nftables(nft("accept", xt("match", "conntrack") + ACCEPT, reject)))
                .isEqualTo(new FirewallVerdict(
                        Truth.MAYBE,
                        "the rule with handle 4 in chain input of table inet filter, unless it meets the rule with handle 3 in"
                                + " chain input of table inet filter"));
        assertThat(nftables(nft("accept", xt("match", "addrtype") + ", " + reject))
                        .passes())
                .isEqualTo(Truth.MAYBE);
    }

    @Test
    void whatElseIptablesDoesByAnExtensionIsTakenForWhatItIs() {
        for (String harmless : List.of("LOG", "MARK", "CT")) {
            assertThat(nftables(nft("accept", xt("target", harmless))).passes())
                    .as(harmless)
                    .isEqualTo(Truth.YES);
        }
        for (String unknown : List.of("NFQUEUE", "SYNPROXY", "HOMEMADE")) {
            assertThat(nftables(nft("accept", xt("target", unknown))).passes())
                    .as(unknown)
                    .isEqualTo(Truth.MAYBE);
        }
        assertThat(nftables(nft("accept", xt("match", "recent"))).passes())
                .as("a rule that only counts")
                .isEqualTo(Truth.YES);
    }

    @Test
    void anExtensionWithoutANameMayDrop() {
        String unnamed = "{'xt': null}";
        assertThat(nftables(nft("accept", unnamed)))
                .isEqualTo(
                        new FirewallVerdict(Truth.MAYBE, "the rule with handle 3 in chain input of table inet filter"));
        assertThat(nftables(nft("drop", VRRP + ACCEPT, unnamed)).passes()).isEqualTo(Truth.YES);
        assertThat(nftables(nft("accept", SSH + ", " + unnamed)).passes())
                .as("of another protocol")
                .isEqualTo(Truth.YES);
        assertThat(nftables(nft("accept", unnamed + ", {'accept': null}")).passes())
                .as("a condition of a rule that accepts")
                .isEqualTo(Truth.YES);
    }

    @Test
    void whatIsSaidOfAnotherProtocolConcernsNoAdvertisementByAnyOperator() {
        String port = "{'payload': {'protocol': 'tcp', 'field': 'dport'}}";
        String ping = "{'payload': {'protocol': 'icmp', 'field': 'type'}}";
        String flags = "{'&': [{'payload': {'protocol': 'tcp', 'field': 'flags'}}, ['syn', 'ack']]}";
        String ports = "{'concat': [{'payload': {'protocol': 'ip', 'field': 'saddr'}}, " + port + "]}";
        for (String absent : List.of(port, ping, flags, ports)) {
            for (String operator : List.of("==", "!=", "<", "in")) {
                String match = "{'match': {'op': '" + operator + "', 'left': " + absent + ", 'right': 22}}";
                assertThat(nftables(nft("accept", match + DROP)).passes())
                        .as(match)
                        .isEqualTo(Truth.YES);
            }
        }
        String notFromLan = FROM_LAN.replace("==", "!=");
        assertThat(NftRules.verdicts(nft("accept", notFromLan + DROP), IN6, Set.of()))
                .containsExactly(PASSES);
        assertThat(NftRules.verdicts(nft("accept", notFromLan + DROP), IN, Set.of()))
                .extracting(FirewallVerdict::passes)
                .containsExactly(Truth.MAYBE);
    }

    @Test
    void whatIsSaidOfTheFrameIsNotKnown() {
        String mac = "{'payload': {'protocol': 'ether', 'field': 'saddr'}}";
        String notThatMac = match(mac, "'02:00:00:00:00:01'").replace("==", "!=");
        assertThat(nftables(nft("accept", notThatMac + DROP)).passes()).isEqualTo(Truth.MAYBE);
        assertThat(nftables(nft("accept", match(mac, "'02:00:00:00:00:01'") + DROP))
                        .passes())
                .isEqualTo(Truth.MAYBE);
    }

    @Test
    void ofAUnicastPeerTheSourceIsKnown() {
        assertThat(NftRules.verdicts(nft("drop", FROM_LAN + ACCEPT), FROM_PEER, Set.of()))
                .containsExactly(PASSES);
        String multicast = match("{'payload': {'protocol': 'ip', 'field': 'daddr'}}", "'224.0.0.18'");
        assertThat(NftRules.verdicts(nft("drop", multicast + ACCEPT), FROM_PEER, Set.of()))
                .extracting(FirewallVerdict::passes)
                .containsExactly(Truth.NO);
        assertThat(IptablesRules.verdicts(
                        "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 10.0.0.2/32 -p 112 -j ACCEPT\nCOMMIT\n", FROM_PEER))
                .containsExactly(PASSES);
    }

    @Test
    void theOtherFamilyHasRulesOfItsOwn() {
        String ipv4Only = match("{'payload': {'protocol': 'ip', 'field': 'protocol'}}", "112") + ACCEPT;
        assertThat(NftRules.verdicts(nft("drop", ipv4Only), IN6, Set.of()))
                .extracting(FirewallVerdict::passes)
                .containsExactly(Truth.NO);
        String ipv6 = match("{'payload': {'protocol': 'ip6', 'field': 'nexthdr'}}", "112");
        String group = match("{'payload': {'protocol': 'ip6', 'field': 'daddr'}}", "'ff02::12'");
        assertThat(NftRules.verdicts(nft("drop", ipv6 + ", " + group + ACCEPT), IN6, Set.of()))
                .containsExactly(PASSES);
        assertThat(NftRules.verdicts(nft("drop", ipv6 + ACCEPT), IN, Set.of()))
                .extracting(FirewallVerdict::passes)
                .containsExactly(Truth.NO);
    }

    @Test
    void aTableThatIsSwitchedOffDropsNothing() {
        String rules = nft("drop")
                .replace(
                        "\"name\": \"filter\", \"handle\": 1}",
                        "\"name\": \"filter\", \"handle\": 1, \"flags\": \"dormant\"}");
        assertThat(rules).contains("dormant");
        assertThat(NftRules.verdicts(rules, IN, Set.of())).isEmpty();
    }

    private static Truth iptables(String rules) {
        List<FirewallVerdict> verdicts = IptablesRules.verdicts(rules, IN);
        assertThat(verdicts).hasSize(1);
        return verdicts.getFirst().passes();
    }

    @Test
    void iptablesIsReadToo() {
        String head = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:IN_LAN - [0:0]\n";
        assertThat(iptables(head + "COMMIT\n")).isEqualTo(Truth.NO);
        assertThat(iptables(head + "-A INPUT -p vrrp -j ACCEPT\nCOMMIT\n")).isEqualTo(Truth.YES);
        assertThat(iptables(head + "-A INPUT -i eth1 -p 112 -j ACCEPT\nCOMMIT\n"))
                .isEqualTo(Truth.NO);
        assertThat(iptables(head + "-A INPUT ! -i lo -d 224.0.0.0/4 -j ACCEPT\nCOMMIT\n"))
                .isEqualTo(Truth.YES);
        assertThat(iptables(head + "-A INPUT -s 10.0.0.0/8 -j ACCEPT\nCOMMIT\n"))
                .isEqualTo(Truth.MAYBE);
        assertThat(iptables(head
                        + "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i eth+ -j IN_LAN\n"
                        + "-A IN_LAN -p 112 -j ACCEPT\nCOMMIT\n"))
                .isEqualTo(Truth.YES);
        assertThat(IptablesRules.verdicts(head + "-A OUTPUT -p 112 -j DROP\nCOMMIT\n", OUT))
                .containsExactly(new FirewallVerdict(
                        Truth.NO, "the rule \"-A OUTPUT -p 112 -j DROP\" of iptables table filter"));
    }
}
