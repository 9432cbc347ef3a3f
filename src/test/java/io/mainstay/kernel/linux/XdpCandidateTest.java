// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import java.util.List;
import org.junit.jupiter.api.Test;

class XdpCandidateTest {

    private static final XdpCandidate CARD = candidate(2, "eth0", "", 0, 0);
    private static final XdpCandidate BOND = candidate(5, "bond0", "bond", 0, 0);

    private static XdpCandidate candidate(int index, String name, String kind, int master, int lower) {
        return new XdpCandidate(index, new InterfaceName(name), kind, master, lower);
    }

    @Test
    void aCardThatStandsAloneSuits() {
        XdpCandidate peer = candidate(7, "veth0", "veth", 0, 2);
        assertThat(CARD.objection(List.of(CARD, BOND, peer))).isEmpty();
    }

    @Test
    void whatIsMadeOfSoftwareIsLeftAlone() {
        assertThat(BOND.objection(List.of(CARD, BOND))).isEqualTo("xdp: auto is for network cards, and this is a bond");
    }

    @Test
    void partsAndFoundationsOfOthersAreLeftAlone() {
        XdpCandidate part = candidate(3, "eth1", "", 5, 0);
        assertThat(part.objection(List.of(part, BOND))).isEqualTo("it is a part of bond0");
        assertThat(part.objection(List.of(part))).isEqualTo("it is a part of interface 5");
        XdpCandidate vlan = candidate(8, "eth0.7", "vlan", 0, 2);
        assertThat(CARD.objection(List.of(vlan, CARD))).isEqualTo("eth0.7 stands upon it");
    }

    @Test
    void aMessageTellsKindMasterAndLower() {
        String head = "00000100" + "03000000" + "43100100" + "00000000" + "09000300" + "6574683000000000";
        NetlinkMessage part = RtnetlinkTest.message(16, head + "08000a00" + "05000000");
        assertThat(XdpCandidate.parse(part)).contains(candidate(3, "eth0", "", 5, 0));
        NetlinkMessage vlan = RtnetlinkTest.message(
                16, head + "08000500" + "02000000" + "0d001280" + "09000100" + "766c616e00000000");
        assertThat(XdpCandidate.parse(vlan)).contains(candidate(3, "eth0", "vlan", 0, 2));
    }
}
