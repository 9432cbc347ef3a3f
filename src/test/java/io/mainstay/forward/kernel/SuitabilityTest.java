// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.HashConfig;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Prefix;
import io.mainstay.net.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SuitabilityTest {

    private static final BackendConfig WEB1 = new BackendConfig("web1", Endpoint.parse("198.18.0.11:8080"), 100);

    private static Optional<String> objection(KernelService service) {
        return new Suitability(Samples.SETTINGS, List.of(service)).objection(service);
    }

    private static Optional<String> objection(SelectionConfig selection) {
        return objection(Samples.service(Samples.config(selection, "198.18.0.100:80", WEB1)));
    }

    private static KernelService listening(String listen, BackendConfig... backends) {
        return Samples.service(Samples.config(SelectionConfig.of(Balance.ROUND_ROBIN), listen, backends));
    }

    @ParameterizedTest
    @EnumSource(
            value = Balance.class,
            names = {"ROUND_ROBIN", "LEAST_CONN", "RANDOM_TWO", "SOURCE_HASH", "MAGLEV"})
    void spreadingByHashServesForMostRules(Balance balance) {
        assertThat(objection(SelectionConfig.of(balance))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Balance.class,
            names = {"LEAST_LATENCY", "FIRST"})
    void someRulesAreTheProxysAlone(Balance balance) {
        assertThat(objection(SelectionConfig.of(balance)))
                .hasValueSatisfying(reason -> assertThat(reason).startsWith("balance "));
    }

    @Test
    void whatTheDataPathCannotDoIsNamed() {
        SelectionConfig plain = SelectionConfig.of(Balance.MAGLEV);
        assertThat(objection(plain.withSlowStart(Duration.ofSeconds(30)))).hasValueSatisfying(has("slow_start"));
        assertThat(objection(plain.withPersistence(new PersistenceConfig(
                        AddressGrouping.DEFAULT, Duration.ofMinutes(1), 10, PersistenceConfig.DuringDrain.REFUSE))))
                .hasValueSatisfying(has("persistence"));
        assertThat(objection(plain.withHash(new HashConfig(HashConfig.Key.SOURCE, AddressGrouping.DEFAULT, 120, ""))))
                .hasValueSatisfying(has("max_load"));
        assertThat(objection(plain.withHash(new HashConfig(HashConfig.Key.SOURCE, new AddressGrouping(24, 64), 0, ""))))
                .hasValueSatisfying(has("ipv4_prefix"));
        assertThat(objection(listening("198.18.0.1:80", WEB1))).hasValueSatisfying(has("198.18.0.1"));
        assertThat(objection(listening("198.18.0.100:80", new BackendConfig("w", Endpoint.parse("[::2]:80"), 1))))
                .hasValueSatisfying(has("another family"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:81", "198.18.0.2:80", "198.18.0.101:80"})
    void aBackendIsNotReachedWhereThisNodeIsOrWillBe(String address) {
        KernelService service = listening("198.18.0.100:80", WEB1, new BackendConfig("w", Endpoint.parse(address), 1));
        assertThat(objection(service)).hasValue("backend w is on this host");
    }

    @Test
    void accessListsAndLimitsAreNoReasonForTheProxy() {
        assertThat(objection(DoorsTest.guarded(
                        new LimitsConfig(10, 2, new Rate(100), new Rate(3), AddressGrouping.DEFAULT),
                        new AccessConfig(List.of(), List.of(Prefix.parse("198.18.7.0/24"))))))
                .isEmpty();
        assertThat(objection(listening("198.18.0.100:80", new BackendConfig("w", WEB1.address(), 1, 10, false))))
                .isEmpty();
        KernelService plain = Samples.http("web1");
        TrafficConfig queued = plain.traffic().withQueue(new QueueConfig(10, Duration.ofSeconds(5)));
        assertThat(objection(new KernelService(
                        plain.config(), queued, "", EngineWish.KERNEL, Forwarding.FULL_NAT, List.of())))
                .hasValueSatisfying(has("queue"));
    }

    @Test
    void aListenerAmongTheSourcePortsIsRefusedWhosesoeverItIs() {
        KernelService other = listening("198.18.0.100:27017", WEB1);
        KernelService service = Samples.http("web1");
        assertThat(new Suitability(Samples.SETTINGS, List.of(service, other)).objection(service))
                .hasValueSatisfying(has("198.18.0.100:27017/tcp is among the ports"));
        KernelService everywhere = listening("0.0.0.0:27017", WEB1);
        assertThat(new Suitability(Samples.SETTINGS, List.of(service, everywhere)).objection(service))
                .hasValueSatisfying(has("0.0.0.0:27017/tcp is among the ports"));
        KernelService ofTheOtherFamily = listening("[::]:27017", WEB1);
        assertThat(new Suitability(Samples.SETTINGS, List.of(service, ofTheOtherFamily)).objection(service))
                .isEmpty();
        KernelService elsewhere = listening("198.18.0.101:27017", WEB1);
        assertThat(new Suitability(Samples.SETTINGS, List.of(service, elsewhere)).objection(service))
                .isEmpty();
    }

    @Test
    void dsrKeepsPortsAndNeedsNoSource() {
        KernelService nat = Samples.http("web1");
        KernelService dsr = new KernelService(
                nat.config(), TrafficConfig.DEFAULT, "", EngineWish.KERNEL, Forwarding.DSR, List.of());
        assertThat(objection(dsr)).hasValueSatisfying(has("cannot change the port"));
        KernelService samePort = listening("198.18.0.100:8080", WEB1);
        assertThat(objection(new KernelService(
                        samePort.config(), TrafficConfig.DEFAULT, "", EngineWish.KERNEL, Forwarding.DSR, List.of())))
                .isEmpty();
    }

    @Test
    void connectionsDoNotLeaveFromAnAddressThatTheirBackendsHold() {
        KernelService plain = Samples.http("web1");
        KernelService direct = new KernelService(
                listening("198.18.0.100:8080", WEB1).config(),
                TrafficConfig.DEFAULT,
                "",
                EngineWish.KERNEL,
                Forwarding.DSR,
                List.of());
        Suitability both = new Suitability(Samples.SETTINGS, List.of(plain, direct));
        assertThat(both.objection(plain))
                .hasValueSatisfying(has("leave from 198.18.0.100, which its backend 198.18.0.11 holds"));
        assertThat(both.objection(direct)).isEmpty();
        assertThat(both.objection(withSource(plain, "198.18.0.101"))).isEmpty();
        assertThat(both.objection(Samples.http("web2"))).isEmpty();
    }

    @Test
    void sourcesAreVirtualAddressesOfTheFamily() {
        KernelService plain = Samples.http("web1");
        assertThat(objection(withSource(plain, "198.18.0.101"))).isEmpty();
        assertThat(objection(withSource(plain, "198.18.0.7"))).hasValueSatisfying(has("198.18.0.7"));
    }

    private static KernelService withSource(KernelService service, String source) {
        return new KernelService(
                service.config(),
                service.traffic(),
                "",
                EngineWish.KERNEL,
                Forwarding.FULL_NAT,
                List.of(IpAddress.parse(source)));
    }

    @Test
    void datagramsFromTheAddressOfTheClientAreTheProxyEnginesAlone() {
        ServiceConfig plain = Samples.http("web1").config();
        KernelService service = new KernelService(
                new ServiceConfig(
                        plain.name(),
                        List.of(new ListenerConfig(Endpoint.parse("198.18.0.100:53"), Transport.UDP)),
                        plain.selection(),
                        plain.drainTimeout(),
                        plain.timeouts(),
                        plain.backends()),
                TrafficConfig.DEFAULT.withUdp(UdpConfig.DEFAULT.withSource(SourceAddress.CLIENT)),
                "",
                EngineWish.KERNEL,
                Forwarding.FULL_NAT,
                List.of());
        assertThat(objection(service)).hasValue("udp.source is the proxy engine's alone");
    }

    @Test
    void whatTheHealthOfBackendsAsksForComesFirst() {
        KernelService plain = Samples.http("web1");
        assertThat(objection(new KernelService(
                        plain.config(),
                        TrafficConfig.DEFAULT.withUdp(UdpConfig.DEFAULT),
                        "agent_check is the proxy engine's alone",
                        EngineWish.KERNEL,
                        Forwarding.FULL_NAT,
                        List.of())))
                .hasValue("agent_check is the proxy engine's alone");
    }

    private static java.util.function.Consumer<String> has(String part) {
        return reason -> assertThat(reason).contains(part);
    }
}
