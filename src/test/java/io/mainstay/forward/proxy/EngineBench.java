// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.kernel.CommandResult;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** A real engine with one service on loopback, and real servers behind it. */
final class EngineBench implements AutoCloseable {

    /** For conditions that come soon on any machine that is not dead. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    static final MonotonicClock CLOCK = () -> new MonotonicInstant(System.nanoTime());

    private final List<ScriptedServer> servers = new ArrayList<>();
    private final List<BackendConfig> backends = new ArrayList<>();
    private final Queue<ProxyEvent> events = new ConcurrentLinkedQueue<>();
    private String listenHost = "127.0.0.1";
    private SelectionConfig selection = SelectionConfig.of(Balance.ROUND_ROBIN);
    private TimeoutConfig timeouts =
            new TimeoutConfig(Duration.ofSeconds(20), Duration.ofMinutes(5), Duration.ofMinutes(5));
    private ServiceHealthConfig health = ServiceHealthConfig.of(
            new HealthCheckConfig(new HealthCheckConfig.Tcp(), Duration.ofHours(1), Duration.ofSeconds(20), 3, 2));
    private Set<IpAddress> virtual = Set.of();
    private TrafficConfig traffic = TrafficConfig.DEFAULT;
    private int stallBlocks = 1_000;
    private int pipes = 100;
    private @Nullable NettyProxyEngine engine;
    private @Nullable InetSocketAddress listening;

    /** Two workers that bear so many connections. */
    static ProxySettings settings(Set<IpAddress> virtual, int mostConnections) {
        return new ProxySettings(
                2,
                virtual,
                CLOCK,
                mostConnections,
                command -> new CommandResult.NotRun("not in this test"),
                record -> {},
                () -> {});
    }

    EngineBench listenOn(String host) {
        listenHost = host;
        return this;
    }

    EngineBench balance(Balance wanted) {
        return selection(SelectionConfig.of(wanted));
    }

    EngineBench selection(SelectionConfig wanted) {
        selection = wanted;
        return this;
    }

    EngineBench timeouts(Duration connect, Duration idle, Duration halfClosed) {
        timeouts = new TimeoutConfig(connect, idle, halfClosed);
        return this;
    }

    EngineBench check(HealthCheckConfig wanted) {
        return health(ServiceHealthConfig.of(wanted));
    }

    EngineBench health(ServiceHealthConfig wanted) {
        health = wanted;
        return this;
    }

    /** Blocks of memory for octets that are not taken. */
    EngineBench stallBlocks(int wanted) {
        stallBlocks = wanted;
        return this;
    }

    /** Pipes for large transfers, of all workers. */
    EngineBench pipes(int wanted) {
        pipes = wanted;
        return this;
    }

    EngineBench traffic(TrafficConfig wanted) {
        traffic = wanted;
        return this;
    }

    EngineBench virtualAddress(String address) {
        virtual = Set.of(IpAddress.parse(address));
        return this;
    }

    /** Adds a backend named web1, web2, … on 127.0.1.1, 127.0.1.2, … */
    ScriptedServer server(ScriptedServer.Script script) {
        boolean firstIsCheck = health.checks().getFirst().probe() instanceof HealthCheckConfig.Tcp;
        ScriptedServer server = ScriptedServer.start("127.0.1." + (servers.size() + 1), script, firstIsCheck);
        servers.add(server);
        backend(server.as("web" + (backends.size() + 1)));
        return server;
    }

    EngineBench backend(BackendConfig config) {
        backends.add(config);
        return this;
    }

    /** Starts the engine and waits until each backend has had a check. */
    EngineBench start() {
        startWithoutWaiting();
        await().atMost(PATIENCE).until(() -> service().backends().stream().allMatch(b -> b.lastCheck() != null));
        return this;
    }

    EngineBench startWithoutWaiting() {
        int port = freePort(listenHost);
        listening = new InetSocketAddress(listenHost, port);
        engine = new NettyProxyEngine(
                new ProxySettings(2, virtual, CLOCK), events::add, new Budget(stallBlocks), new Budget(pipes));
        try {
            engine.start(List.of(service(endpoint(listenHost, port))));
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    ProxyService service(Endpoint endpoint) {
        return new ProxyService(
                new ServiceConfig(
                        "web",
                        List.of(new ListenerConfig(endpoint, Transport.TCP)),
                        selection,
                        Duration.ofSeconds(60),
                        timeouts,
                        backends),
                health,
                traffic);
    }

    static Endpoint endpoint(String host, int port) {
        return Endpoint.parse(host.contains(":") ? "[" + host + "]:" + port : host + ":" + port);
    }

    static int freePort(String host) {
        try (ServerSocket socket = bound(host)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ServerSocket bound(String host) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.bind(new InetSocketAddress(host, 0));
        return socket;
    }

    NettyProxyEngine engine() {
        NettyProxyEngine present = engine;
        if (present == null) {
            throw new AssertionError("not started");
        }
        return present;
    }

    /** A client that has connected to the service. */
    Socket client() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(listening, (int) PATIENCE.toMillis());
        return socket;
    }

    /** A client with a buffer of its own choice for what arrives. */
    Socket clientThatBuffers(int octets) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(octets);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(listening, (int) PATIENCE.toMillis());
        return socket;
    }

    @Nullable
    InetSocketAddress listening() {
        return listening;
    }

    ServiceSnapshot service() {
        return engine().snapshot().services().getFirst();
    }

    BackendSnapshot backend(String name) {
        return service().backends().stream()
                .filter(backend -> backend.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    CheckReport lastCheck(String backend) {
        CheckReport report = backend(backend).lastCheck();
        if (report == null) {
            throw new AssertionError("no check of " + backend + " yet");
        }
        return report;
    }

    long refused(RefusalReason reason) {
        return service().refused().getOrDefault(reason, 0L);
    }

    /** Memory blocks that connections hold. */
    int lentBlocks() {
        return sum(lane -> lane.blocks.lent());
    }

    /** Pipes that connections hold. */
    int lentPipes() {
        return sum(lane -> lane.pipes.lent());
    }

    /** Pipes that are open: that was needed before. */
    int openPipes() {
        return sum(lane -> lane.pipes.open());
    }

    private int sum(ToIntFunction<Lane> ofEach) {
        int sum = 0;
        for (Worker worker : engine().workers()) {
            CompletableFuture<Integer> answer = new CompletableFuture<>();
            assertThat(worker.execute(() -> answer.complete(ofEach.applyAsInt(worker.lane()))))
                    .isTrue();
            sum += answer.join();
        }
        return sum;
    }

    void awaitState(String backend, BackendState state) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(backend(backend).state()).isEqualTo(state));
    }

    void awaitActive(int connections) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(service().active()).isEqualTo(connections));
    }

    <E extends ProxyEvent> List<E> events(Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Override
    public void close() {
        if (engine != null) {
            engine.close();
        }
        servers.forEach(ScriptedServer::close);
    }
}
