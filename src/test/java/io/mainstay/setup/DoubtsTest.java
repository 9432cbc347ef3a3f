// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import static io.mainstay.setup.Samples.ETH0;
import static io.mainstay.setup.Samples.ETH1;
import static io.mainstay.setup.Samples.ip;
import static io.mainstay.setup.Samples.virtual;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is said of answers that will do and are seldom meant. */
class DoubtsTest {

    private final Doubts doubts = new Doubts(Samples.MACHINE);

    @Test
    void anInterfaceThatIsDown() {
        assertThat(doubts.aboutInterface(ETH0)).isEmpty();
        assertThat(doubts.aboutInterface(new MachineInterface(ETH0.name(), false, ETH0.addresses())))
                .containsExactly("eth0 is down (expected: up, by the time that Mainstay starts)");
    }

    @Test
    void anAddressOfNoNetworkOfTheInterface() {
        assertThat(doubts.aboutAddresses(virtual("198.51.100.10/24", "2001:db8::10/64"), ETH0))
                .isEmpty();
        assertThat(doubts.aboutAddresses(virtual("10.0.7.9/24", "203.0.113.9/24"), ETH0))
                .containsExactly(
                        "10.0.7.9 is in no network of eth0 (198.51.100.1/24, 2001:db8::1/64, fe80::1/64), but in one of"
                                + " eth1: hosts there reach it by a route alone",
                        "203.0.113.9 is in no network of eth0 (198.51.100.1/24, 2001:db8::1/64, fe80::1/64): hosts there"
                                + " reach it by a route alone");
    }

    @Test
    void aPrefixLengthThatIsNotThatOfTheNetworkUnlessItIsThatOfTheAddressAlone() {
        assertThat(doubts.aboutAddresses(virtual("198.51.100.10/32", "2001:db8::10/128"), ETH0))
                .isEmpty();
        assertThat(doubts.aboutAddresses(virtual("198.51.100.10/16"), ETH0))
                .containsExactly(
                        "198.51.100.10/16 has another prefix length than its network on eth0 (expected: /24, or"
                                + " /32 for the address alone)");
    }

    @Test
    void aPeerBehindARouter() {
        assertThat(doubts.aboutPeer(List.of(ip("198.51.100.2"), ip("fe80::2")), ETH0, false))
                .isEmpty();
        assertThat(doubts.aboutPeer(List.of(ip("198.51.100.2")), ETH1, false))
                .containsExactly("198.51.100.2 is in no network of eth1 (10.0.0.1/16, 10.0.7.1/24), but in one of eth0:"
                        + " advertisements do not pass routers");
        assertThat(doubts.aboutPeer(List.of(ip("203.0.113.2")), ETH1, true))
                .containsExactly(
                        "203.0.113.2 is in no network of eth1 (10.0.0.1/16, 10.0.7.1/24): behind a router it is"
                                + " heard only with a lower unicast_min_ttl");
    }

    @Test
    void aPeerThatDoesNotAnswer() {
        List<IpAddress> peer = List.of(ip("198.51.100.2"), ip("198.51.100.3"), ip("203.0.113.2"));
        Segment segment = new Segment(List.of(), Map.of(ip("198.51.100.2"), new MacAddress(0x0200_0000_0002L)));
        assertThat(Doubts.aboutSilence(peer, ETH0, segment))
                .containsExactly(
                        "198.51.100.3 does not answer on eth0 (expected: the other node, running, and on the same"
                                + " segment)");
    }
}
