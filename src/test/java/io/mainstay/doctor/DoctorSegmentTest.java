// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is heard on a segment, what its firewall lets through, and whose the addresses are there. */
class DoctorSegmentTest extends SampleHost {

    @Test
    void aSoundBackupHasNothingThatFailed() {
        hearPeer();
        List<Finding> findings = withoutDaemon();
        assertThat(findings).noneMatch(each -> each.grade() == Grade.FAILED);
        assertThat(of("peers", findings).found()).isEqualTo("198.18.0.2 is Active with priority 250");
        assertThat(of("address", findings).found()).contains("is with 02:00:00:00:00:02, the Active");
        assertThat(of("daemon", findings).grade()).isEqualTo(Grade.WARNING);
    }

    @Test
    void advertisementsThatArriveAndReachNoSocketMeetAFirewall() {
        seen.add(advertisement(PEER, VrrpVersion.V3, 250, VIP.address()));
        assertThat(of("advertisements", withoutDaemon()).found())
                .contains("1 came in in 2.0 s, and none reached a socket");
    }

    @Test
    void advertisementsThatAreSentAndDoNotLeaveMeetOneToo() {
        assertThat(of("advertisements", whileActive()).found()).contains("none leaves the host");
        seen.add(advertisement(OURS, VrrpVersion.V3, 200, VIP.address()));
        assertThat(of("advertisements", whileActive()).grade()).isEqualTo(Grade.OK);
    }

    @Test
    void nobodyHeardIsAWarningOfABackupAlone() {
        assertThat(of("advertisements", withoutDaemon()))
                .matches(each -> each.grade() == Grade.WARNING && each.found().contains("none came in"));
        seen.add(advertisement(OURS, VrrpVersion.V3, 200, VIP.address()));
        assertThat(of("advertisements", whileActive()).found()).contains("as is right while this node is Active");
    }

    @Test
    void aPeerThatIsNoneIsNamedWithWhatToSet() {
        hear(advertisement(PEER, VrrpVersion.V2, 250, VIP.address()));
        assertThat(of("peers", withoutDaemon()))
                .matches(each -> each.grade() == Grade.FAILED
                        && each.found().contains("it speaks VRRPv2 for VRID 51, this node VRRPv3")
                        && each.found().contains("set version: 2 here"));
        seen.clear();
        hear(advertisement(PEER, VrrpVersion.V3, 250, IpAddress.parse("198.18.0.7")));
        assertThat(of("peers", withoutDaemon()).found()).contains("it uses VRID 51 for [198.18.0.7]");
    }

    @Test
    void twoThatAreActiveAndTwoOfOnePriorityAreNamed() {
        hear(advertisement(PEER, VrrpVersion.V3, 100, VIP.address()));
        assertThat(of("peers", whileActive()).found())
                .isEqualTo("more than one router is Active: [198.18.0.2] and this node");
        seen.clear();
        hear(advertisement(PEER, VrrpVersion.V3, 200, VIP.address()));
        assertThat(of("peers", withoutDaemon()).found()).contains("the same priority as this node");
        hear(advertisement(PEER, VrrpVersion.V3, 0, VIP.address()));
        assertThat(of("peers", withoutDaemon()).grade()).as("it has resigned").isEqualTo(Grade.SKIPPED);
    }

    @Test
    void anAddressThatWasLeftUnderAnotherPrefixLengthIsNamed() {
        addresses.add(VirtualAddress.parse("198.18.0.100/32"));
        assertThat(of("address", withoutDaemon()))
                .matches(each -> each.grade() == Grade.WARNING)
                .matches(each ->
                        each.found().equals("stands on this node as 198.18.0.100/32, whose daemon does not answer"));
    }

    @Test
    void anAddressThatIsSomebodyElsesIsNamed() {
        claims.put(VIP.address(), THIEF);
        assertThat(of("address", withoutDaemon()))
                .matches(each -> each.grade() == Grade.FAILED && each.found().contains(THIEF.toString()));
        assertThat(of("address", whileActive()).found()).contains("and " + THIEF + " says that it is his");
        claims.clear();
        assertThat(of("address", whileActive()).grade()).isEqualTo(Grade.OK);
        assertThat(of("address", withoutDaemon()).found())
                .contains("stands on this node, whose daemon does not answer");
    }

    @Test
    void anInterfaceThatCannotBeUsedIsNamed() {
        assertThat(of("interface", withoutDaemon()).found()).isEqualTo("up, with carrier, advertises from 198.18.0.1");
        link = link.map(up -> new LinkState(2, up.mac(), 1500, true, true, List.of(VIP.address())));
        assertThat(of("interface", withoutDaemon()).found()).contains("has no IPv4 address of its own");
        link = link.map(up -> new LinkState(2, up.mac(), 1500, true, false, List.of()));
        assertThat(of("interface", withoutDaemon()).found()).contains("has no carrier");
        link = Optional.empty();
        assertThat(of("interface", withoutDaemon()).found()).contains("is not there");
    }

    @Test
    void aFirewallIsAskedForEachFamilyAndPeer() {
        nft = new ProgramResult.Done("{\"nftables\": [{\"chain\": {\"family\": \"inet\", \"table\": \"filter\","
                + " \"name\": \"input\", \"hook\": \"input\", \"policy\": \"drop\"}}]}");
        assertThat(of("firewall", withoutDaemon()).found())
                .contains("drops advertisements coming in: the policy of chain input of table inet filter")
                .contains("this node hears no Active");
        String unicast = YAML.replace("priority: 200,", "priority: 200, unicast_peers: [198.18.0.2],");
        assertThat(of("firewall", findings(unicast, Optional.empty(), Optional.empty()))
                        .found())
                .contains("drops advertisements coming in from 198.18.0.2");
        nft = new ProgramResult.Done("no json");
        assertThat(of("firewall", withoutDaemon()).grade()).isEqualTo(Grade.SKIPPED);
        nft = new ProgramResult.Failed("Operation not permitted");
        assertThat(of("firewall", withoutDaemon()).found()).contains("cannot be listed: Operation not permitted");
    }

    @Test
    void theTablesOfIptablesNftAreReadAsIptablesTellsThem() {
        nft = new ProgramResult.Done("{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": \"filter\","
                + " \"name\": \"INPUT\", \"hook\": \"input\", \"policy\": \"accept\"}}, {\"rule\": {\"family\": \"ip\","
                + " \"table\": \"filter\", \"chain\": \"INPUT\", \"handle\": 4, \"expr\": [{\"xt\": null}]}}]}");
        assertThat(of("firewall", withoutDaemon()).found()).contains("nftables may drop advertisements coming in");
        programs.put("iptables-nft-save", new ProgramResult.Done("""
                        *filter
                        :INPUT ACCEPT [0:0]
                        :OUTPUT ACCEPT [0:0]
                        -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
                        -A INPUT -j REJECT --reject-with icmp-host-prohibited
                        COMMIT
                        """));
        Finding found = of("firewall", withoutDaemon());
        assertThat(found.grade()).isEqualTo(Grade.FAILED);
        assertThat(found.found())
                .contains("iptables drops advertisements coming in: the rule \"-A INPUT -j REJECT --reject-with");
        assertThat(found.advice()).contains("iptables -I INPUT -i eth0 -p 112 -j ACCEPT");
        assertThat(withoutDaemon()).noneMatch(each -> each.found().contains("nftables may drop"));
    }
}
