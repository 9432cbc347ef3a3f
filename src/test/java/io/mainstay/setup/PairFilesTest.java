// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import static io.mainstay.setup.Samples.ip;
import static io.mainstay.setup.Samples.virtual;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigDiff;
import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.EngineChoice;
import io.mainstay.config.MainstayConfig;
import io.mainstay.config.ServiceSettings;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is written, as the daemon reads it. */
class PairFilesTest {

    private static final PairPlan MULTICAST = new PairPlan(
            new VirtualRouterId(51),
            Duration.ofMillis(100),
            virtual("198.51.100.10/24", "2001:db8::10/64"),
            false,
            new PairPlan.Node(Optional.empty(), new InterfaceName("eth0"), new Priority(250), List.of()),
            new PairPlan.Node(
                    Optional.empty(), new InterfaceName("eth0"), new Priority(245), List.of(ip("198.51.100.2"))),
            List.of(
                    new PairPlan.Service(
                            new ServicePort(443, Transport.TCP),
                            List.of(
                                    new BackendAnswer(Optional.of("web1"), Endpoint.parse("10.0.0.11:8443")),
                                    new BackendAnswer(Optional.empty(), Endpoint.parse("[2001:db8::12]:8443")))),
                    new PairPlan.Service(
                            new ServicePort(443, Transport.UDP),
                            List.of(new BackendAnswer(Optional.of("web1"), Endpoint.parse("10.0.0.11:8443"))))),
            EngineChoice.KERNEL,
            "12e7");

    private static final PairPlan UNICAST = new PairPlan(
            new VirtualRouterId(7),
            Duration.ofSeconds(1),
            virtual("198.51.100.10/24"),
            true,
            new PairPlan.Node(
                    Optional.of("lb1"), new InterfaceName("eth0"), new Priority(250), List.of(ip("198.51.100.1"))),
            new PairPlan.Node(
                    Optional.of("lb2"), new InterfaceName("ens3"), new Priority(10), List.of(ip("198.51.100.2"))),
            List.of(),
            EngineChoice.AUTO,
            "");

    private static MainstayConfig read(String yaml) {
        ConfigResult result = ConfigFile.parse(yaml, "f.yaml", Samples.HOST);
        assertThat(result).as(yaml).isInstanceOf(ConfigResult.Valid.class);
        assertThat(((ConfigResult.Valid) result).warnings()).isEmpty();
        return ((ConfigResult.Valid) result).config();
    }

    private static VirtualRouterSettings router(String yaml) {
        assertThat(read(yaml).virtualRouters()).hasSize(1);
        return read(yaml).virtualRouters().getFirst();
    }

    @Test
    void bothNodesHaveTheSameRouterWithTheirOwnPriority() {
        var here = router(PairFiles.here(MULTICAST)).router();
        var peer = router(PairFiles.peer(MULTICAST)).router();
        assertThat(here.vrid()).isEqualTo(peer.vrid()).isEqualTo(new VirtualRouterId(51));
        assertThat(here.addresses()).isEqualTo(peer.addresses()).isEqualTo(MULTICAST.addresses());
        assertThat(here.advertisementInterval())
                .isEqualTo(peer.advertisementInterval())
                .isEqualTo(Duration.ofMillis(100));
        assertThat(here.priority()).isEqualTo(new Priority(250));
        assertThat(peer.priority()).isEqualTo(new Priority(245));
        assertThat(here.protocol().unicastPeers()).isEmpty();
    }

    @Test
    void theFilesDifferInWhatTheySayThatTheyDifferIn() {
        assertThat(ConfigDiff.between(read(PairFiles.here(MULTICAST)), read(PairFiles.peer(MULTICAST))))
                .hasSize(1)
                .allMatch(change -> change.toString().contains("priority"));
        assertThat(PairFiles.here(MULTICAST)).contains("# priority.");
        assertThat(PairFiles.here(UNICAST)).contains("for lb1;", "# priority, interface, unicast_peers, node.name.");
    }

    @Test
    void eachServiceListensOnEachAddress() {
        List<ServiceSettings> services = read(PairFiles.here(MULTICAST)).services();
        assertThat(services)
                .isEqualTo(read(PairFiles.peer(MULTICAST)).services())
                .hasSize(2);
        assertThat(services).allMatch(each -> each.engine().choice() == EngineChoice.KERNEL);
        assertThat(services.getLast().service().name()).isEqualTo("udp-443");
        assertThat(services.getLast().service().listeners())
                .extracting(Object::toString)
                .containsExactly("198.51.100.10:443/udp", "[2001:db8::10]:443/udp");
        var service = services.getFirst().service();
        assertThat(service.name()).isEqualTo("https");
        assertThat(service.listeners())
                .extracting(Object::toString)
                .containsExactly("198.51.100.10:443/tcp", "[2001:db8::10]:443/tcp");
        assertThat(service.backends())
                .extracting(backend -> backend.name() + " " + backend.address())
                .containsExactly("web1 10.0.0.11:8443", "[2001:db8::12]:8443 [2001:db8::12]:8443");
    }

    @Test
    void bothNodesHaveTheSecretOfTheKernelEngine() {
        assertThat(PairFiles.here(MULTICAST)).contains("kernel_engine:\n  secret: \"12e7\"\n");
        assertThat(read(PairFiles.here(MULTICAST)).kernelEngine().secret())
                .isEqualTo(read(PairFiles.peer(MULTICAST)).kernelEngine().secret())
                .isEqualTo("12e7");
        assertThat(PairFiles.here(UNICAST)).doesNotContain("kernel_engine");
    }

    @Test
    void withoutMulticastEachNamesTheOther() {
        var here = router(PairFiles.here(UNICAST)).router();
        var peer = router(PairFiles.peer(UNICAST)).router();
        assertThat(here.protocol().unicastPeers()).containsExactly(ip("198.51.100.2"));
        assertThat(peer.protocol().unicastPeers()).containsExactly(ip("198.51.100.1"));
        assertThat(peer.interfaceName()).isEqualTo(new InterfaceName("ens3"));
        assertThat(peer.priority()).isEqualTo(new Priority(10));
    }

    @Test
    void aNodeIsCalledByItsHostNameOrAsWasSaid() {
        assertThat(read(PairFiles.here(MULTICAST)).node().name()).isEqualTo("lb9");
        assertThat(read(PairFiles.here(UNICAST)).node().name()).isEqualTo("lb1");
        assertThat(read(PairFiles.peer(UNICAST)).node().name()).isEqualTo("lb2");
        assertThat(read(PairFiles.here(UNICAST)).services()).isEmpty();
    }
}
