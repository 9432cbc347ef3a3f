// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.RoutingConfig.Otherwise;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.wire.Hellos;
import io.mainstay.net.Prefix;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients of TLS that are shared out among services by what they ask for. */
class RoutingTest {

    private static final LimitsConfig ONE_CONNECTION =
            new LimitsConfig(1, 0, Rate.UNLIMITED, Rate.UNLIMITED, AddressGrouping.DEFAULT);

    private final RelayBench bench = new RelayBench(1);

    RoutingTest() {
        route(Otherwise.BACKENDS);
    }

    private static TrafficConfig routing(Otherwise otherwise) {
        return TrafficConfig.DEFAULT.withRouting(
                new RoutingConfig(List.of(new RouteConfig(List.of("*.example.org"), List.of(), "shop")), otherwise));
    }

    private void route(Otherwise otherwise) {
        bench.traffic(routing(otherwise));
    }

    private LiveService shop() {
        return bench.other("shop", TrafficConfig.DEFAULT);
    }

    @AfterEach
    void nothingIsLeft() {
        bench.pass(Duration.ofMinutes(11));
        assertThat(bench.snapshot().active()).isZero();
        assertThat(bench.lane().load().live()).isZero();
        assertThat(bench.lane().wheel.isEmpty()).isTrue();
    }

    @Test
    void theServiceThatIsAskedForServesAndGetsEveryOctet() {
        LiveService shop = shop();
        SimulatedSocket client = bench.awaitHello();
        byte[] hello = Hellos.hello("www.example.org");
        client.arrive(hello);
        assertThat(bench.attempts()).containsExactly("shop");
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(hello);
        assertThat(shop.snapshot().active()).isEqualTo(1);
        assertThat(bench.snapshot().active()).isZero();
    }

    @Test
    void aFirstMessageInPiecesIsWaitedFor() {
        shop();
        SimulatedSocket client = bench.awaitHello();
        byte[] hello = Hellos.hello("www.example.org");
        int step = 37;
        for (int at = 0; at < hello.length; at += step) {
            assertThat(bench.attempts()).isEmpty();
            client.arrive(Arrays.copyOfRange(hello, at, Math.min(hello.length, at + step)));
        }
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(hello);
    }

    @Test
    void whomNoRouteFitsIsServedHere() {
        shop();
        bench.awaitHello().arrive(Hellos.hello("www.example.com"));
        bench.awaitHello().arrive(Hellos.hello(""));
        bench.awaitHello().arrive("GET / HTTP/1.1\r\n".getBytes(US_ASCII));
        assertThat(bench.attempts()).containsExactly("web1", "web1", "web1");
    }

    @Test
    void orIsResetAndCounted() {
        shop();
        route(Otherwise.REFUSE);
        SimulatedSocket other = bench.awaitHello();
        other.arrive(Hellos.hello("www.example.com"));
        assertThat(other.deeds()).containsExactly("RST after 0");
        SimulatedSocket plain = bench.awaitHello();
        plain.arrive("SSH-2.0".getBytes(US_ASCII));
        assertThat(plain.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.NO_ROUTE)).isEqualTo(2);
        assertThat(bench.attempts()).isEmpty();
    }

    @Test
    void aServiceThatIsGoneIsNoRoute() {
        bench.awaitHello().arrive(Hellos.hello("www.example.org"));
        assertThat(bench.attempts()).containsExactly("web1");
    }

    @Test
    void whoSaysNothingIsResetInTimeAndCounted() {
        shop();
        SimulatedSocket client = bench.awaitHello();
        client.arrive(Arrays.copyOf(Hellos.hello("www.example.org"), 60));
        bench.pass(Duration.ofSeconds(5).plus(RelayBench.TIMER_SLACK));
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.OPENING_TIMEOUT)).isEqualTo(1);
    }

    @Test
    void accessAndLimitsOfTheServiceThatServesHold() {
        LiveService shop = bench.other(
                "shop",
                TrafficConfig.DEFAULT.withAccess(new AccessConfig(List.of(), List.of(Prefix.parse("198.18.2.0/24")))));
        SimulatedSocket client = bench.awaitHello();
        client.arrive(Hellos.hello("www.example.org"));
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(shop.snapshot().refused()).containsEntry(RefusalReason.DENIED, 1L);
    }

    @Test
    void whoIsServedElsewhereDoesNotCountForTheServiceAtTheDoor() {
        shop();
        bench.traffic(routing(Otherwise.BACKENDS).withLimits(ONE_CONNECTION));
        bench.awaitHello().arrive(Hellos.hello("www.example.org"));
        bench.awaitHello().arrive(Hellos.hello("www.example.org"));
        assertThat(bench.attempts()).containsExactly("shop", "shop");
    }
}
