// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.HashConfig;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.PersistenceConfig.DuringDrain;
import io.mainstay.forward.Rate;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.ServiceHealthConfig.OnDown;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Prefix;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random services follow each other under traffic: whoever is not concerned may not notice. */
@Tag("property")
class ReloadPropertyTest {

    private static final int SEEDS = 6;
    private static final int CHANGES = 8;
    private static final int PORTS = 6;
    private static final List<Balance> BALANCES = List.of(Balance.values());
    private static final List<String> SERVERS = List.of("b1", "b2", "b3", "b4");

    private final ReloadBench bench = new ReloadBench();
    private final ReloadBench.Service constant =
            bench.service("constant").balance(Balance.LEAST_CONN).backends("b1", "b4");
    private final List<Integer> ports = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<Socket> opened = new ArrayList<>();

    /** A connection, with the service and the server at its ends. */
    private record Client(Socket socket, String service, Endpoint server) {}

    @AfterEach
    void close() {
        bench.close();
    }

    private List<ReloadBench.Service> randomServices(Random random) {
        List<ReloadBench.Service> services = new ArrayList<>(List.of(constant));
        List<Integer> free = new ArrayList<>(ports);
        for (String name : List.of("one", "two", "three")) {
            if (random.nextInt(4) > 0) {
                services.add(randomService(name, free, random));
            }
        }
        return services;
    }

    private ReloadBench.Service randomService(String name, List<Integer> free, Random random) {
        List<ListenerConfig> listeners = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            listeners.add(ReloadBench.listener("127.0.0.1", free.remove(/* index */ random.nextInt(free.size()))));
        }
        List<BackendConfig> backends = new ArrayList<>();
        for (String server : SERVERS) {
            if (random.nextBoolean()) {
                // A name that stands for another server now and then.
                String called = random.nextInt(6) == 0 ? "x" : server;
                if (backends.stream().noneMatch(backend -> backend.name().equals(called))) {
                    backends.add(new BackendConfig(called, bench.address(server), 1 + random.nextInt(200)));
                }
            }
        }
        if (backends.isEmpty()) {
            backends.add(bench.config("b3"));
        }
        return bench.service(name)
                .listeners(listeners)
                .selection(randomSelection(random))
                .health(randomHealth(random))
                .traffic(randomTraffic(random))
                .drainTimeout(random.nextBoolean() ? Duration.ofMillis(20) : Duration.ofHours(1))
                .idle(random.nextBoolean() ? Duration.ofMinutes(5) : Duration.ofMinutes(9))
                .backends(backends.toArray(BackendConfig[]::new));
    }

    private static SelectionConfig randomSelection(Random random) {
        SelectionConfig selection = SelectionConfig.of(BALANCES.get(random.nextInt(BALANCES.size())))
                .withHash(new HashConfig(
                        random.nextBoolean() ? HashConfig.Key.SOURCE : HashConfig.Key.SOURCE_PORT,
                        AddressGrouping.DEFAULT,
                        random.nextBoolean() ? 0 : 150,
                        "seed " + random.nextInt(2)))
                .withSlowStart(Duration.ofSeconds(random.nextInt(2)));
        return random.nextBoolean()
                ? selection
                : selection.withPersistence(new PersistenceConfig(
                        AddressGrouping.DEFAULT,
                        Duration.ofMinutes(1 + random.nextInt(2)),
                        1 + random.nextInt(2),
                        random.nextBoolean() ? DuringDrain.ALLOW : DuringDrain.REFUSE));
    }

    /** Every server passes every check, so that no verdict changes but by a fault of the engine. */
    private static ServiceHealthConfig randomHealth(Random random) {
        List<HealthCheckConfig> checks = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            checks.add(new HealthCheckConfig(
                    random.nextBoolean()
                            ? new HealthCheckConfig.Tcp()
                            : new HealthCheckConfig.Tcp(new Payload("hello"), new Payload("hello")),
                    Duration.ofMillis(random.nextBoolean() ? 50 : 3_600_000),
                    Duration.ofSeconds(20),
                    1 + random.nextInt(3),
                    1 + random.nextInt(2)));
        }
        return new ServiceHealthConfig(
                checks,
                Optional.empty(),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new OutlierConfig(3, Duration.ofSeconds(1), 50, random.nextBoolean())),
                random.nextBoolean() ? OnDown.KEEP : OnDown.RESET);
    }

    /** Limits that nobody reaches, and networks from which nobody comes. */
    private static TrafficConfig randomTraffic(Random random) {
        LimitsConfig limits = new LimitsConfig(
                random.nextBoolean() ? 0 : 10_000,
                random.nextBoolean() ? 0 : 10_000,
                Rate.UNLIMITED,
                Rate.UNLIMITED,
                AddressGrouping.DEFAULT);
        AccessConfig access =
                new AccessConfig(List.of(), random.nextBoolean() ? List.of() : List.of(Prefix.parse("198.18.0.0/15")));
        return TrafficConfig.DEFAULT.withLimits(limits).withAccess(access);
    }

    private void connectTo(List<ReloadBench.Service> services) throws IOException {
        for (ReloadBench.Service service : services) {
            String name = service.config().name();
            await().atMost(EngineBench.PATIENCE)
                    .until(() -> bench.snapshot(name).backends().stream()
                            .anyMatch(backend -> backend.state() == BackendState.HEALTHY));
            for (ListenerConfig listener : service.config().listeners()) {
                Socket socket = bench.open(listener.endpoint());
                opened.add(socket);
                String server = "b" + (char) socket.getInputStream().read();
                clients.add(new Client(socket, name, bench.address(server)));
            }
        }
    }

    private static Optional<ReloadBench.Service> find(List<ReloadBench.Service> services, String name) {
        return services.stream()
                .filter(service -> service.config().name().equals(name))
                .findFirst();
    }

    /** Whether the server of the connection is one of the service still, under the same name. */
    private static boolean isUntouched(
            Client client, List<ReloadBench.Service> before, List<ReloadBench.Service> after) {
        return find(before, client.service()).isPresent()
                && find(after, client.service()).isPresent()
                && nameOf(client, before).isPresent()
                && nameOf(client, before).equals(nameOf(client, after));
    }

    private static Optional<String> nameOf(Client client, List<ReloadBench.Service> services) {
        return find(services, client.service()).stream()
                .flatMap(service -> service.config().backends().stream())
                .filter(backend -> backend.address().equals(client.server()))
                .map(BackendConfig::name)
                .findFirst();
    }

    private void judge(
            List<ReloadBench.Service> before, List<ReloadBench.Service> after, List<ServiceSnapshot> seenBefore) {
        for (ServiceSnapshot old : seenBefore) {
            Optional<ReloadBench.Service> was = find(before, old.name());
            if (was.isPresent() && was.equals(find(after, old.name()))) {
                ServiceSnapshot present = bench.snapshot(old.name());
                assertThat(present.total()).isGreaterThanOrEqualTo(old.total());
                assertThat(present.backends()
                                .subList(0, was.get().config().backends().size()))
                        .extracting(BackendSnapshot::since)
                        .isEqualTo(old
                                .backends()
                                .subList(0, was.get().config().backends().size())
                                .stream()
                                .map(BackendSnapshot::since)
                                .toList());
            }
        }
        for (Client client : List.copyOf(clients)) {
            if (isUntouched(client, before, after)) {
                expectAlive(client);
            } else {
                // What becomes of it depends on drain timeouts; it may not be asked for more.
                clients.remove(client);
            }
        }
    }

    private void expectAlive(Client client) {
        try {
            bench.expectAlive(client.socket());
        } catch (IOException e) {
            throw new AssertionError("connection of " + client + " was cut", e);
        }
    }

    @Test
    void whoeverIsNotConcernedNoticesNothing() throws Exception {
        for (int i = 0; i < PORTS; i++) {
            ports.add(EngineBench.freePort("127.0.0.1"));
        }
        bench.start(constant);
        connectTo(List.of(constant));
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        AtomicReference<Throwable> lost = new AtomicReference<>();
        Thread hammer = Thread.ofVirtual().start(() -> hammer(over, served, lost));
        List<ReloadBench.Service> before = List.of(constant);
        for (long seed = 1; seed <= SEEDS; seed++) {
            Random random = new Random(seed);
            for (int i = 0; i < CHANGES; i++) {
                List<ReloadBench.Service> after = randomServices(random);
                List<ServiceSnapshot> seenBefore = bench.engine().snapshot().services();
                try {
                    bench.configure(after);
                    judge(before, after, seenBefore);
                    connectTo(after);
                } catch (IOException | AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + ", change " + i + ":\n" + before + "\n" + after, e);
                }
                before = after;
            }
        }
        over.set(true);
        hammer.join();
        assertThat(lost.get()).as("after %d connections", served.get()).isNull();
        assertThat(served.get()).isPositive();
        expectNothingLeft();
    }

    /** New connections to the service that never changes. */
    private void hammer(AtomicBoolean over, AtomicInteger served, AtomicReference<Throwable> lost) {
        while (!over.get() && lost.get() == null) {
            try (Socket socket =
                    bench.open(constant.config().listeners().getFirst().endpoint())) {
                assertThat(socket.getInputStream().read()).isIn((int) '1', (int) '4');
                bench.expectAlive(socket);
                served.incrementAndGet();
            } catch (IOException | AssertionError e) {
                lost.set(e);
            }
        }
    }

    private void expectNothingLeft() throws ProxyStartException, IOException {
        bench.configure();
        for (Socket socket : opened) {
            socket.close();
        }
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.names()).isEmpty());
    }
}
