// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.DrainPlan;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.PersistenceConfig.DuringDrain;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.wire.Hellos;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Other services while clients are connected. */
class ReloadTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    private final ReloadBench bench = new ReloadBench();

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void aServiceThatComesServesAndOneThatGoesLetsItsClientsFinish() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1");
        ReloadBench.Service ssh = bench.service("ssh").backends("b2").drainTimeout(LONG);
        bench.start(web);
        Socket old = bench.client(web, "b1");
        bench.configure(web, ssh);
        Socket going = bench.client(ssh, "b2");
        bench.configure(web);
        bench.expectRefused(ssh);
        bench.expectAlive(old);
        bench.expectAlive(going);
        assertThat(bench.snapshot("ssh").backends()).singleElement().satisfies(backend -> {
            assertThat(backend.state()).isEqualTo(BackendState.DRAINING);
            assertThat(backend.active()).isEqualTo(1);
        });
        going.close();
        await().atMost(EngineBench.PATIENCE).until(() -> bench.names().equals(List.of("web")));
    }

    @Test
    void ofAServiceThatGoesNothingIsKept() throws Exception {
        Duration hour = Duration.ofHours(1);
        ReloadBench.Service web = bench.service("web").backends("b1");
        ReloadBench.Service ssh = bench.service("ssh")
                .backends("b2")
                .drainTimeout(hour)
                .check(new HealthCheckConfig(new HealthCheckConfig.Tcp(), hour, hour, 1, 1));
        bench.start(web, ssh);
        Socket going = bench.client(ssh, "b2");
        WeakReference<LiveService> service = new WeakReference<>(bench.engine().service("ssh"));
        WeakReference<LiveBackend> backend =
                new WeakReference<>(bench.engine().service("ssh").backend("b2"));
        bench.configure(web);
        going.close();
        await().atMost(EngineBench.PATIENCE).untilAsserted(() -> {
            System.gc();
            assertThat(service.get()).isNull();
            assertThat(backend.get()).isNull();
        });
    }

    @Test
    void aRetirementThatIsOverAtOnceWaitsForNoReload() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1");
        bench.start(web);
        NettyProxyEngine engine = bench.engine();
        LiveService service = engine.service("web");
        LiveBackend backend = service.backend("b1");
        MonotonicInstant now = EngineBench.CLOCK.now();
        Drain over = new Drain(DrainPlan.begin(now, LONG, 0), 2);
        over.result().complete(over.finish(0, now));
        // As a reload holds it while it waits for the lock of the service, under which a retirement begins.
        synchronized (engine) {
            CompletableFuture.runAsync(() -> engine.retirementBegun(service, backend, over))
                    .get(EngineBench.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void whatIsEqualIsNotTouched() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1", "b2");
        bench.start(web);
        Socket client = bench.client(web, "b1");
        ServiceSnapshot before = bench.snapshot("web");
        bench.configure(web, bench.service("ssh").backends("b2"));
        assertThat(bench.snapshot("web")).isEqualTo(before);
        bench.expectAlive(client);
    }

    @Test
    void aBackendThatGoesIsDrainedAndTheSumsOfTheServiceStay() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1", "b2").drainTimeout(Duration.ofMillis(100));
        bench.start(web);
        Socket one = bench.client(web, "b1");
        Socket two = bench.client(web, "b2");
        bench.configure(web.backends("b2"));
        bench.expectReset(one);
        bench.expectAlive(two);
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("web").backends().size() == 1);
        assertThat(bench.snapshot("web").total()).isEqualTo(2);
        assertThat(bench.snapshot("web").bytesOut()).isPositive();
        bench.client(web, "b2");
    }

    @Test
    void aClientOfABackendThatIsGoneDoesNotComeBackToIt() throws Exception {
        ReloadBench.Service web = bench.service("web")
                .selection(SelectionConfig.of(Balance.ROUND_ROBIN)
                        .withPersistence(new PersistenceConfig(AddressGrouping.DEFAULT, LONG, 100, DuringDrain.ALLOW)))
                .backends("b1")
                .drainTimeout(LONG);
        bench.start(web);
        Socket going = bench.client(web, "b1");
        bench.configure(web.backends("b2"));
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("web").backends().getLast().state() == BackendState.DRAINING);
        going.close();
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("web").backends().size() == 1);
        assertThat(bench.engine().persistence("web", 9).clients()).isZero();
        assertThat(bench.connect(web)).isEqualTo("b2");
        assertThat(bench.connect(web)).isEqualTo("b2");
    }

    @Test
    void aBackendThatChangesItsAddressIsAnotherOne() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1").drainTimeout(LONG);
        bench.start(web);
        Socket old = bench.client(web, "b1");
        bench.configure(web.backends(new BackendConfig("b1", bench.address("b2"), 100)));
        bench.client(web, "b2");
        bench.expectAlive(old);
        assertThat(bench.snapshot("web").backends())
                .extracting(BackendSnapshot::name, BackendSnapshot::state)
                .containsExactly(tuple("b1", BackendState.HEALTHY), tuple("b1", BackendState.DRAINING));
    }

    @Test
    void replacedServersServeUntilOneOfTheNewMay() throws Exception {
        try (FullListener deaf = FullListener.open("127.0.1.9")) {
            deaf.fill();
            ReloadBench.Service web = bench.service("web").backends("b1").drainTimeout(Duration.ZERO);
            bench.start(web);
            Socket old = bench.client(web, "b1");
            // Nothing can be said about it for as long as its check gets no answer.
            bench.configure(web.backends(deaf.as("b9")));
            bench.client(web, "b1");
            bench.expectAlive(old);
            bench.configure(web.backends(deaf.as("b9"), bench.config("b2")));
            bench.client(web, "b2");
            bench.expectReset(old);
        }
    }

    @Test
    void replacedServersAreCheckedByTheNewRulesForAsLongAsTheyServe() throws Exception {
        try (FullListener deaf = FullListener.open("127.0.1.9")) {
            deaf.fill();
            ReloadBench.Service web = bench.service("web").backends("b1");
            bench.start(web);
            bench.client(web, "b1");
            bench.configure(web.backends(deaf.as("b9"))
                    .check(new HealthCheckConfig(
                            new HealthCheckConfig.Tcp(), Duration.ofMillis(50), Duration.ofSeconds(20), 2, 2)));
            bench.client(web, "b1");
            bench.server("b1").stopListening();
            await().atMost(EngineBench.PATIENCE)
                    .until(() -> bench.snapshot("web").backends().getLast().state() == BackendState.UNHEALTHY);
            assertThat(bench.snapshot("web").backends().getLast().name()).isEqualTo("b1");
        }
    }

    @Test
    void aBackendThatComesBackWhileItIsDrainedServesOn() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1", "b2").drainTimeout(LONG);
        bench.start(web);
        Socket client = bench.client(web, "b1");
        bench.configure(web.backends("b2"));
        bench.configure(web.backends("b1"));
        bench.configure(web.backends("b1", "b2"));
        bench.expectAlive(client);
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("web").backends().stream()
                        .allMatch(backend -> backend.state() == BackendState.HEALTHY));
        assertThat(bench.snapshot("web").backends())
                .extracting(BackendSnapshot::name)
                .containsExactly("b1", "b2");
        bench.client(web, "b1");
    }

    @Test
    void aServiceThatComesBackWhileItIsEmptiedServesOn() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1").drainTimeout(LONG);
        bench.start(web);
        Socket client = bench.client(web, "b1");
        bench.configure();
        bench.expectRefused(web);
        bench.configure(web);
        bench.expectAlive(client);
        bench.client(web, "b1");
        assertThat(bench.snapshot("web").active()).isEqualTo(2);
    }

    @Test
    void aServiceThatIsBeingEmptiedIsNoRoute() throws Exception {
        ReloadBench.Service shop = bench.service("shop").backends("b2");
        ReloadBench.Service web = bench.service("web")
                .backends("b1")
                .traffic(TrafficConfig.DEFAULT.withRouting(new RoutingConfig(
                        List.of(new RouteConfig(List.of("*.example.org"), List.of(), "shop")),
                        RoutingConfig.Otherwise.BACKENDS)));
        bench.start(web, shop);
        Socket kept = bench.client(shop, "b2");
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("web").backends().getFirst().state() == BackendState.HEALTHY);
        assertThat(serverOf(web)).isEqualTo('2');
        bench.configure(web);
        assertThat(serverOf(web)).isEqualTo('1');
        bench.expectAlive(kept);
        bench.configure(web, shop);
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("shop").backends().getFirst().state() == BackendState.HEALTHY);
        assertThat(serverOf(web)).isEqualTo('2');
    }

    /** Who serves a client that asks for www.example.org. */
    private int serverOf(ReloadBench.Service service) throws IOException {
        try (Socket client = bench.open(service.config().listeners().getFirst().endpoint())) {
            client.getOutputStream().write(Hellos.hello("www.example.org"));
            return client.getInputStream().read();
        }
    }

    @Test
    void aListenerThatMovesToAnotherServiceLosesNobody() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1").drainTimeout(LONG);
        bench.start(web);
        Socket old = bench.client(web, "b1");
        ReloadBench.Service renamed = bench.service("www").port(web.port()).backends("b2");
        bench.configure(renamed);
        bench.client(renamed, "b2");
        bench.expectAlive(old);
    }

    @Test
    void aListenerComesWhereTheGateOfItsAddressStands() throws Exception {
        Set<IpAddress> addresses = Set.of(IpAddress.parse("127.0.0.5"));
        bench.virtual(addresses);
        ReloadBench.Service first = bench.service("first").host("127.0.0.5").backends("b1");
        ReloadBench.Service second = bench.service("second").host("127.0.0.5").backends("b1");
        bench.start();
        bench.configure(first);
        bench.expectRefused(first);
        bench.engine().openGate(addresses);
        bench.configure(first, second);
        Socket client = bench.client(second, "b1");
        bench.configure(first);
        bench.engine().closeGate(addresses).join();
        bench.expectReset(client);
    }

    @Test
    void anAddressThatIsTakenChangesNothing() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1");
        bench.start(web);
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ReloadBench.Service bad =
                    bench.service("bad").port(taken.getLocalPort()).backends("b2");
            ReloadBench.Service good = bench.service("good").backends("b2");
            assertThatThrownBy(() -> bench.configure(good, bad))
                    .isInstanceOf(ProxyStartException.class)
                    .hasMessageEndingWith("/tcp: address already in use (errno 98)");
            assertThat(bench.names()).containsExactly("web");
            bench.client(web, "b1");
            bench.expectRefused(good);
        }
    }

    @Test
    void oneAddressTakesThePlaceOfAllAndBack() throws Exception {
        ReloadBench.Service all = bench.service("web").host("0.0.0.0").backends("b1");
        bench.start(all);
        bench.client(all, "b1");
        ReloadBench.Service one =
                bench.service("web").host("127.0.0.1").port(all.port()).backends("b1");
        bench.configure(one);
        bench.client(one, "b1");
        bench.configure(all);
        bench.client(all, "b1");
    }

    @Test
    void weightsAndBalanceChangeUnderTheLiveOnes() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1", "b2");
        bench.start(web);
        Socket kept = bench.client(web, "b1");
        bench.configure(web.balance(Balance.LEAST_CONN)
                .backends(new BackendConfig("b1", bench.address("b1"), 0), bench.config("b2")));
        for (int i = 0; i < 5; i++) {
            assertThat(bench.connect(web)).isEqualTo("b2");
        }
        bench.expectAlive(kept);
    }

    @Test
    void otherChecksLeaveTheVerdicts() throws IOException, ProxyStartException {
        ReloadBench.Service web = bench.service("web").backends("b1");
        bench.start(web);
        bench.client(web, "b1");
        BackendSnapshot before = bench.snapshot("web").backends().getFirst();
        bench.configure(web.check(new HealthCheckConfig(
                new HealthCheckConfig.Tcp(), Duration.ofMillis(50), Duration.ofMillis(40), 2, 2)));
        assertThat(bench.snapshot("web").backends().getFirst().since()).isEqualTo(before.since());
        // Checked far more often than before.
        for (int i = 0; i < 3; i++) {
            CheckReport last = bench.snapshot("web").backends().getFirst().lastCheck();
            await().atMost(EngineBench.PATIENCE)
                    .until(() -> !Objects.equals(
                            last, bench.snapshot("web").backends().getFirst().lastCheck()));
        }
    }

    @Test
    void maintenanceIsKept() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1", "b2");
        bench.start(web);
        bench.client(web, "b2");
        bench.engine().maintenance("web", "b1");
        bench.configure(web.drainTimeout(LONG));
        assertThat(bench.snapshot("web").backends().getFirst().state()).isEqualTo(BackendState.MAINTENANCE);
        assertThat(bench.connect(web)).isEqualTo("b2");
        assertThat(bench.connect(web)).isEqualTo("b2");
    }
}
