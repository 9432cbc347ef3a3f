// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import static io.mainstay.setup.Samples.ETH0;
import static io.mainstay.setup.Samples.ETH1;
import static io.mainstay.setup.Samples.ip;
import static io.mainstay.setup.Samples.virtual;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mainstay.config.EngineChoice;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which answers will do, and what is said of one that will not. */
class AnswerReaderTest {

    private static final ServicePort HTTP = new ServicePort(80, Transport.TCP);
    private static final ServicePort DNS = new ServicePort(53, Transport.UDP);
    private static final List<VirtualAddress> VIP = virtual("198.51.100.10/24");
    private static final List<VirtualAddress> BOTH = virtual("198.51.100.10/24", "2001:db8::10/64");

    private final AnswerReader reader = new AnswerReader(Samples.MACHINE, Samples.HOST, List.of());

    private static void refuses(ThrowingCallable reading, String message) {
        assertThatIllegalArgumentException().isThrownBy(reading).withMessage(message);
    }

    @Test
    void anInterfaceIsOneOfThisMachineWithAnAddress() {
        assertThat(reader.interfaceHere("eth0")).isEqualTo(ETH0);
        refuses(() -> reader.interfaceHere("eth9"), "eth9 (expected: an interface of this machine: eth0, eth1, eth2)");
        refuses(
                () -> reader.interfaceHere("eth2"),
                "eth2 (expected: an interface with an address of its own; this one has none)");
    }

    @Test
    void anAddressWithoutALengthGetsThatOfItsNarrowestNetwork() {
        assertThat(reader.addresses("198.51.100.10, 2001:db8::10", ETH0)).isEqualTo(BOTH);
        assertThat(reader.addresses("10.0.7.9", ETH1)).isEqualTo(virtual("10.0.7.9/24"));
        assertThat(reader.addresses("10.0.9.9", ETH1)).isEqualTo(virtual("10.0.9.9/16"));
        assertThat(reader.addresses("203.0.113.9/32", ETH1)).isEqualTo(virtual("203.0.113.9/32"));
        refuses(
                () -> reader.addresses("203.0.113.9", ETH0),
                "203.0.113.9 (expected: with its prefix length, such as 203.0.113.9/24, as it is in no network of eth0)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "198.51.100.1    | an address that no host has yet; this machine has it",
                "198.51.100.0    | the address of a host; this is the network address of its /24",
                "198.51.100.255  | the address of a host; this is the broadcast address of its /24",
                "198.51.100.9/33 | the address of a host (no loopback, no multicast) with its prefix length",
                "example.org     | four decimal numbers",
                "198.51.100.9 198.51.100.9/24 | each address once",
                "','             | at least one",
            })
    void anAddressThatWillNotDoIsToldByTheRulesOfTheConfiguration(String text, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reader.addresses(text, ETH0))
                .withMessageContaining(expected);
    }

    @Test
    void anAddressOfThePresentConfigurationMayStandOnTheMachine() {
        AnswerReader again = new AnswerReader(Samples.MACHINE, Samples.HOST, List.of(ip("198.51.100.1")));
        assertThat(again.addresses("198.51.100.1", ETH0)).isEqualTo(virtual("198.51.100.1/24"));
    }

    @Test
    void theInterfaceHasAddressesOfTheFamily() {
        refuses(
                () -> reader.addresses("2001:db8::10/64", ETH1),
                "2001:db8::10/64 (expected: an address of a family that eth1 has; it has no IPv6 address)");
    }

    @Test
    void yesAndNo() {
        assertThat(reader.yes("yes")).isTrue();
        assertThat(reader.yes("n")).isFalse();
        refuses(() -> reader.yes("si"), "si (expected: yes or no)");
    }

    @Test
    void aPeerIsAnotherHostAndNotVirtual() {
        assertThat(reader.peer("198.51.100.2", VIP)).containsExactly(ip("198.51.100.2"));
        assertThat(reader.peer("2001:db8::2", VIP)).containsExactly(ip("2001:db8::2"));
        assertThat(reader.peer("none", VIP)).isEmpty();
        refuses(
                () -> reader.peer("198.51.100.1", VIP),
                "198.51.100.1 (expected: an address of the other node; this machine has it)");
        refuses(
                () -> reader.peer("198.51.100.10", VIP),
                "198.51.100.10 (expected: an address that stays with its node; this one is virtual)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reader.peer("lb2", VIP))
                .withMessageContaining("the address of a host; names are not looked up");
    }

    @Test
    void aUnicastPeerHasAnAddressOfEachFamily() {
        assertThat(reader.unicastPeer("198.51.100.2,2001:db8::2", BOTH, ETH0))
                .containsExactly(ip("198.51.100.2"), ip("2001:db8::2"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reader.unicastPeer("198.51.100.2", BOTH, ETH0))
                .withMessageContaining("no IPv6 address");
        refuses(
                () -> reader.unicastPeer("198.51.100.2,2001:db8::2", VIP, ETH1),
                "2001:db8::2 (expected: an address of a family that eth1 has; it has no IPv6 address)");
    }

    @Test
    void thePeerIsToldTheAddressThatIsInItsNetwork() {
        assertThat(reader.hereTowards(List.of(ip("10.0.7.2")), ETH1)).containsExactly(ip("10.0.7.1"));
        assertThat(reader.hereTowards(List.of(ip("198.51.100.2"), ip("fe80::2")), ETH0))
                .containsExactly(ip("198.51.100.1"), ip("fe80::1"));
    }

    @Test
    void aPortIsOneOfTcpOrUdpThatIsFree() {
        assertThat(reader.port("443", BOTH, List.of())).hasValue(new ServicePort(443, Transport.TCP));
        assertThat(reader.port("53/udp", BOTH, List.of())).hasValue(DNS);
        assertThat(reader.port("53/tcp", VIP, List.of())).hasValue(new ServicePort(53, Transport.TCP));
        assertThat(reader.port("none", BOTH, List.of())).isEmpty();
        for (String wrong : List.of("0", "65536", "http", "80/sctp", "80-90", "/udp")) {
            assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> reader.port(wrong, VIP, List.of()));
        }
        List<PairPlan.Service> before = List.of(new PairPlan.Service(DNS, List.of()));
        assertThat(reader.port("53", VIP, before)).hasValue(new ServicePort(53, Transport.TCP));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reader.port("53/udp", VIP, before))
                .withMessage("53/udp (expected: a port that is not served yet)");
    }

    @Test
    void aWholeServiceIsAPortWithItsBackends() {
        assertThat(reader.service("53/udp=ns1=10.0.0.11:53,10.0.0.12:53", VIP, List.of()))
                .isEqualTo(new PairPlan.Service(
                        DNS,
                        List.of(
                                new BackendAnswer(Optional.of("ns1"), Endpoint.parse("10.0.0.11:53")),
                                new BackendAnswer(Optional.empty(), Endpoint.parse("10.0.0.12:53")))));
        for (String wrong : List.of("53", "=10.0.0.11:53", "none=10.0.0.11:53", "53=", "53/udp=web1")) {
            assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> reader.service(wrong, VIP, List.of()));
        }
    }

    @Test
    void anEngineIsOneOfThree() {
        assertThat(reader.engine("kernel")).isEqualTo(EngineChoice.KERNEL);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reader.engine("KERNEL"))
                .withMessage("KERNEL (expected: auto, proxy or kernel)");
    }

    @Test
    void backendsHaveAddressesAndMayHaveNames() {
        assertThat(reader.backends("web1=10.0.0.11:8080, [2001:db8::12]:8080", VIP, HTTP))
                .containsExactly(
                        new BackendAnswer(Optional.of("web1"), Endpoint.parse("10.0.0.11:8080")),
                        new BackendAnswer(Optional.empty(), Endpoint.parse("[2001:db8::12]:8080")));
        for (String wrong :
                List.of("10.0.0.11", "web1", "=10.0.0.11:80", "a=10.0.0.1:1,a=10.0.0.2:1", "198.51.100.10:80")) {
            assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> reader.backends(wrong, VIP, HTTP));
        }
    }

    @Test
    void aNumberThatAStrangerUsesIsRefusedAndThatOfThePeerIsNot() {
        Segment segment = new Segment(
                List.of(
                        new Speaker(
                                new VirtualRouterId(7),
                                ip("198.51.100.8"),
                                "VRRP version 3, priority 100",
                                List.of(ip("198.51.100.20"))),
                        new Speaker(
                                new VirtualRouterId(9),
                                ip("198.51.100.2"),
                                "VRRP version 3, priority 100",
                                List.of(ip("198.51.100.10")))),
                Map.of());
        assertThat(reader.vrid("8", segment, VIP)).isEqualTo(new VirtualRouterId(8));
        assertThat(reader.vrid("9", segment, VIP)).isEqualTo(new VirtualRouterId(9));
        refuses(
                () -> reader.vrid("7", segment, VIP),
                "7 (expected: a number that nobody uses; in use, VRID 7: 198.51.100.8, VRRP version 3, priority 100, for"
                        + " 198.51.100.20)");
        refuses(() -> reader.vrid("256", segment, VIP), "256 (expected: 1..255)");
        assertThatIllegalArgumentException().isThrownBy(() -> reader.vrid("x", segment, VIP));
    }

    @Test
    void theRestIsAsTheConfigurationHasIt() {
        assertThat(reader.priority("250")).isEqualTo(new Priority(250));
        assertThat(reader.interval("1s")).isEqualTo(Duration.ofSeconds(1));
        assertThat(reader.interfaceThere("bond0.7")).isEqualTo(new InterfaceName("bond0.7"));
        assertThat(reader.nodeName("lb1")).isEqualTo("lb1");
        refuses(() -> reader.priority("0"), "0 (expected: 1..255)");
        refuses(
                () -> reader.peerPriority("250", new Priority(250)),
                "250 (expected: another priority than that of this node)");
        assertThatIllegalArgumentException().isThrownBy(() -> reader.interval("5ms"));
        assertThatIllegalArgumentException().isThrownBy(() -> reader.nodeName("a name"));
        assertThatIllegalArgumentException().isThrownBy(() -> reader.interfaceThere("eth/0"));
    }

    @Test
    void theLikelyInterfaceIsThatOfTheDefaultRouteOrTheOnlyOne() {
        assertThat(Samples.MACHINE.likelyInterface()).contains(new InterfaceName("eth0"));
        assertThat(new Machine(List.of(ETH0, ETH1), Optional.empty()).likelyInterface())
                .isEmpty();
        assertThat(new Machine(List.of(Samples.BARE, ETH1), Optional.empty()).likelyInterface())
                .contains(new InterfaceName("eth1"));
    }
}
