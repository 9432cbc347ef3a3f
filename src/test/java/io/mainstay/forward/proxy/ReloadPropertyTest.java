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
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.ServiceHealthConfig.OnDown;
import io.mainstay.net.Prefix;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random services follow each other under traffic: whoever is not concerned may not notice. */
@Tag("property")
class ReloadPropertyTest {

    private static final int SEEDS = Integer.getInteger("mainstay.reload.seeds", 12);
    private static final int FIRST_SEED = Integer.getInteger("mainstay.reload.seed", 1);
    private static final int CHANGES = 8;
    private static final int PORTS = 9;

    /** There are some hundred such waits. */
    private static final ConditionFactory QUICKLY =
            await().atMost(EngineBench.PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));

    private static final List<Balance> BALANCES = List.of(Balance.values());
    private static final List<String> NAMES = List.of("one", "two", "three");
    private static final List<String> SERVERS = List.of("b1", "b2", "b3", "b4");

    private final ReloadBench bench = new ReloadBench();
    private final ReloadBench.Service constant =
            bench.service("constant").balance(Balance.LEAST_CONN).backends("b1", "b4");
    private final List<Integer> ports = new ArrayList<>();
    private final List<ReloadClient> clients = new ArrayList<>();
    private final List<ReloadClient> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(ReloadClient::close);
        bench.close();
    }

    private List<ReloadBench.Service> randomServices(Random random) {
        List<ReloadBench.Service> services = new ArrayList<>(List.of(constant));
        List<Integer> free = new ArrayList<>(ports);
        for (String name : NAMES) {
            if (random.nextInt(4) > 0) {
                services.add(randomService(name, free, random));
            }
        }
        return services;
    }

    private ReloadBench.Service randomService(String name, List<Integer> free, Random random) {
        List<ListenerConfig> listeners = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            listeners.add(ReloadBench.listener("127.0.0.1", anyOf(free, random)));
        }
        if (random.nextBoolean()) {
            listeners.add(ReloadBench.listener("127.0.0.1", anyOf(free, random), Transport.UDP));
        }
        List<BackendConfig> backends = new ArrayList<>();
        for (String server : SERVERS) {
            if (random.nextBoolean()) {
                // A name that stands for another server now and then.
                String called = random.nextInt(6) == 0 ? "x" : server;
                if (backends.stream().noneMatch(backend -> backend.name().equals(called))) {
                    backends.add(new BackendConfig(
                            called,
                            bench.address(server),
                            1 + random.nextInt(200),
                            random.nextBoolean() ? 0 : 10_000,
                            false));
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

    private static int anyOf(List<Integer> free, Random random) {
        return free.remove(/* index */ random.nextInt(free.size()));
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
                        random.nextBoolean() ? 1 + random.nextInt(2) : 50,
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

    /** Limits that nobody reaches, networks from which nobody comes, and what clients of ours are ready for. */
    private static TrafficConfig randomTraffic(Random random) {
        LimitsConfig limits = new LimitsConfig(
                random.nextBoolean() ? 0 : 10_000,
                random.nextBoolean() ? 0 : 10_000,
                Rate.UNLIMITED,
                Rate.UNLIMITED,
                AddressGrouping.DEFAULT);
        AccessConfig access =
                new AccessConfig(List.of(), random.nextBoolean() ? List.of() : List.of(Prefix.parse("198.18.0.0/15")));
        ProxyProtocolConfig proxyProtocol = new ProxyProtocolConfig(
                random.nextInt(3) > 0 ? List.of() : List.of(Prefix.parse("127.0.2.0/24")),
                random.nextInt(3) > 0 ? Optional.empty() : Optional.of(ProxyVersion.V1));
        return TrafficConfig.DEFAULT
                .withLimits(limits)
                .withAccess(access)
                .withProxyProtocol(proxyProtocol)
                .withQueue(random.nextBoolean() ? QueueConfig.NONE : new QueueConfig(100, EngineBench.PATIENCE))
                .withRouting(random.nextInt(3) > 0 ? RoutingConfig.NONE : routingTo(anyName(random)))
                .withUdp(randomUdp(random));
    }

    private static String anyName(Random random) {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    /** To a service that may not be there at the moment. */
    private static RoutingConfig routingTo(String service) {
        return new RoutingConfig(
                List.of(new RouteConfig(List.of(ReloadClient.SERVER_NAME), List.of(), service)),
                RoutingConfig.Otherwise.BACKENDS);
    }

    private static UdpConfig randomUdp(Random random) {
        Duration timeout = Duration.ofMinutes(2);
        return switch (random.nextInt(5)) {
            case 0 -> new UdpConfig(timeout, 1, false);
            case 1 -> new UdpConfig(timeout, 0, true);
            default -> new UdpConfig(timeout, 0, false);
        };
    }

    private void connectTo(List<ReloadBench.Service> services, Random random) throws IOException {
        services.forEach(this::awaitItsOwnBackends);
        for (ReloadBench.Service service : services) {
            for (ListenerConfig listener : service.config().listeners()) {
                ReloadClient client = ReloadClient.open(bench, services, service, listener, random);
                opened.add(client);
                clients.add(client);
                assertThat(find(services, client.service())
                                .orElseThrow()
                                .config()
                                .backends())
                        .as("new clients of %s are served by its backends alone", client.service())
                        .extracting(BackendConfig::address)
                        .contains(bench.address(client.server()));
            }
        }
        for (ReloadBench.Service service : services) {
            assertThat(service.config().backends())
                    .extracting(BackendConfig::name)
                    .containsAll(bench.engine().persistence(service.config().name(), 99).latest().stream()
                            .map(PersistenceSnapshot.Client::backend)
                            .toList());
        }
    }

    /** Until then those that left may serve on. */
    private void awaitItsOwnBackends(ReloadBench.Service service) {
        QUICKLY.until(() -> bench.snapshot(service.config().name()).backends().stream()
                .limit(service.config().backends().size())
                .anyMatch(backend -> backend.state() == BackendState.HEALTHY));
    }

    private static Optional<ReloadBench.Service> find(List<ReloadBench.Service> services, String name) {
        return services.stream()
                .filter(service -> service.config().name().equals(name))
                .findFirst();
    }

    /** Whether the server of the connection is one of the service still, under the same name. */
    private boolean isUntouched(
            ReloadClient client, List<ReloadBench.Service> before, List<ReloadBench.Service> after) {
        Optional<ReloadBench.Service> was = find(before, client.service());
        Optional<ReloadBench.Service> is = find(after, client.service());
        return was.isPresent()
                && is.isPresent()
                && client.isUntouchedBy(was.get(), is.get())
                && nameOf(client, before).isPresent()
                && nameOf(client, before).equals(nameOf(client, after));
    }

    private Optional<String> nameOf(ReloadClient client, List<ReloadBench.Service> services) {
        return find(services, client.service()).stream()
                .flatMap(service -> service.config().backends().stream())
                .filter(backend -> backend.address().equals(bench.address(client.server())))
                .map(BackendConfig::name)
                .findFirst();
    }

    private void judge(
            List<ReloadBench.Service> before,
            List<ReloadBench.Service> after,
            List<ServiceSnapshot> seenBefore,
            Random random) {
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
        for (ReloadClient client : List.copyOf(clients)) {
            if (isUntouched(client, before, after)) {
                expectAlive(client);
            } else {
                // What becomes of it depends on drain timeouts; it may not be asked for more.
                clients.remove(client);
                if (random.nextBoolean()) {
                    client.leave();
                }
            }
        }
    }

    private static void expectAlive(ReloadClient client) {
        try {
            client.expectAlive();
        } catch (IOException e) {
            throw new AssertionError("connection of " + client + " was cut", e);
        }
    }

    @Test
    void whoeverIsNotConcernedNoticesNothing() throws Exception {
        takePorts();
        bench.answerDatagrams();
        bench.start(constant);
        awaitItsOwnBackends(constant);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        AtomicReference<Throwable> lost = new AtomicReference<>();
        Thread hammer = Thread.ofVirtual().start(() -> hammer(over, served, lost));
        for (int i = 0; i < SEEDS; i++) {
            changeAtRandom(FIRST_SEED + i);
            clean();
        }
        over.set(true);
        hammer.join();
        assertThat(lost.get()).as("after %d connections", served.get()).isNull();
        assertThat(served.get()).isPositive();
        expectNothingLeft();
    }

    private void changeAtRandom(int seed) throws IOException {
        Random random = new Random(seed);
        List<ReloadBench.Service> before = List.of(constant);
        connectTo(before, random);
        for (int i = 0; i < CHANGES; i++) {
            List<ReloadBench.Service> after = randomServices(random);
            List<ServiceSnapshot> seenBefore = bench.engine().snapshot().services();
            try {
                bench.configure(after);
                judge(before, after, seenBefore, random);
                connectTo(after, random);
            } catch (ProxyStartException | IOException | AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "seed " + seed + ", change " + i + ", refused " + refused() + ":\n" + before + "\n" + after
                                + "\nto try it again: MAVEN_ARGS='-Dtest.jvmArgs=-Dmainstay.reload.seed=" + seed
                                + "' ./dev test property -k ReloadPropertyTest",
                        e);
            }
            before = after;
        }
    }

    /** Nothing is left of one seed that the next one could stumble over. */
    private void clean() throws ProxyStartException {
        bench.configure(constant);
        opened.forEach(ReloadClient::close);
        opened.clear();
        clients.clear();
        QUICKLY.untilAsserted(() -> assertThat(bench.names()).containsExactly("constant"));
    }

    /** By each service, and why. */
    private Map<String, Map<RefusalReason, Long>> refused() {
        return bench.engine().snapshot().services().stream()
                .collect(Collectors.toMap(
                        ServiceSnapshot::name,
                        service -> service.refused().entrySet().stream()
                                .filter(reason -> reason.getValue() > 0)
                                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue))));
    }

    /** Below those that the kernel gives to connections: the ones of the relay live for long, and would have them now and then. */
    private void takePorts() {
        int port = 10_000 + (int) (ProcessHandle.current().pid() % 20_000);
        while (ports.size() < PORTS) {
            try (ServerSocket tcp = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
                    DatagramSocket udp = new DatagramSocket(port, InetAddress.getLoopbackAddress())) {
                ports.add(tcp.getLocalPort());
                assertThat(udp.getLocalPort()).isEqualTo(port);
            } catch (IOException taken) {
                // The next one may be free.
            }
            port++;
        }
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

    private void expectNothingLeft() throws ProxyStartException {
        bench.configure();
        opened.forEach(ReloadClient::close);
        QUICKLY.untilAsserted(() -> assertThat(bench.names()).isEmpty());
    }
}
