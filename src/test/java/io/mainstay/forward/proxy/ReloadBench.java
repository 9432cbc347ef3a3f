// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** A real engine whose services change, and servers b1 to b4 that tell their number and send back what they get. */
final class ReloadBench implements AutoCloseable {

    private static final int SERVERS = 4;

    /** Two clients and a server that has to answer once more. */
    private static final int ROUNDS = 50;

    private final Map<String, ScriptedServer> servers = new LinkedHashMap<>();
    private final List<UdpBench.UdpServer> datagramServers = new ArrayList<>();
    private final Queue<Socket> clients = new ConcurrentLinkedQueue<>();
    private Set<IpAddress> virtual = Set.of();
    private int mostConnections = Integer.MAX_VALUE;
    private @Nullable NettyProxyEngine engine;

    ReloadBench() {
        for (int i = 1; i <= SERVERS; i++) {
            char number = (char) ('0' + i);
            servers.put(
                    "b" + i,
                    ScriptedServer.start(
                            "127.0.1." + i,
                            connection -> {
                                connection.getOutputStream().write(number);
                                connection.getInputStream().transferTo(connection.getOutputStream());
                            },
                            false));
        }
    }

    /** A service as it is wanted; every change makes another one. */
    record Service(ReloadBench bench, ServiceConfig config, ServiceHealthConfig health, TrafficConfig traffic) {

        private Service with(
                List<ListenerConfig> listeners,
                SelectionConfig selection,
                Duration drainTimeout,
                TimeoutConfig timeouts,
                List<BackendConfig> backends) {
            return new Service(
                    bench,
                    new ServiceConfig(config.name(), listeners, selection, drainTimeout, timeouts, backends),
                    health,
                    traffic);
        }

        Service backends(String... names) {
            return backends(Arrays.stream(names).map(bench::config).toArray(BackendConfig[]::new));
        }

        Service backends(BackendConfig... backends) {
            return with(
                    config.listeners(),
                    config.selection(),
                    config.drainTimeout(),
                    config.timeouts(),
                    List.of(backends));
        }

        Service drainTimeout(Duration timeout) {
            return with(config.listeners(), config.selection(), timeout, config.timeouts(), config.backends());
        }

        Service balance(Balance balance) {
            return with(
                    config.listeners(),
                    SelectionConfig.of(balance),
                    config.drainTimeout(),
                    config.timeouts(),
                    config.backends());
        }

        Service idle(Duration idle) {
            TimeoutConfig timeouts = new TimeoutConfig(
                    config.timeouts().connect(), idle, config.timeouts().halfClosed());
            return with(config.listeners(), config.selection(), config.drainTimeout(), timeouts, config.backends());
        }

        Service listeners(List<ListenerConfig> listeners) {
            return with(listeners, config.selection(), config.drainTimeout(), config.timeouts(), config.backends());
        }

        Service host(String host) {
            return listeners(List.of(listener(host, EngineBench.freePort(host))));
        }

        Service port(int port) {
            return listeners(List.of(
                    listener(config.listeners().getFirst().endpoint().address().toString(), port)));
        }

        int port() {
            return config.listeners().getFirst().endpoint().port();
        }

        Service selection(SelectionConfig selection) {
            return with(config.listeners(), selection, config.drainTimeout(), config.timeouts(), config.backends());
        }

        Service check(HealthCheckConfig check) {
            return health(ServiceHealthConfig.of(check));
        }

        Service health(ServiceHealthConfig wanted) {
            return new Service(bench, config, wanted, traffic);
        }

        Service traffic(TrafficConfig wanted) {
            return new Service(bench, config, health, wanted);
        }

        ProxyService wanted() {
            return new ProxyService(config, health, traffic);
        }
    }

    static ListenerConfig listener(String host, int port) {
        return listener(host, port, Transport.TCP);
    }

    static ListenerConfig listener(String host, int port, Transport transport) {
        return new ListenerConfig(EngineBench.endpoint(host, port), transport);
    }

    /** A service on a free port, without backends so far. */
    Service service(String name) {
        return new Service(
                this,
                new ServiceConfig(
                        name,
                        List.of(listener("127.0.0.1", EngineBench.freePort("127.0.0.1"))),
                        SelectionConfig.of(Balance.ROUND_ROBIN),
                        Duration.ofSeconds(60),
                        new TimeoutConfig(Duration.ofSeconds(20), Duration.ofMinutes(5), Duration.ofMinutes(5)),
                        List.of()),
                ServiceHealthConfig.of(new HealthCheckConfig(
                        new HealthCheckConfig.Tcp(), Duration.ofHours(1), Duration.ofSeconds(20), 3, 2)),
                TrafficConfig.DEFAULT);
    }

    Endpoint address(String server) {
        return config(server).address();
    }

    BackendConfig config(String name) {
        return server(name).as(name);
    }

    ScriptedServer server(String name) {
        ScriptedServer present = servers.get(name);
        if (present == null) {
            throw new AssertionError("no server " + name);
        }
        return present;
    }

    /** Lets every server answer datagrams too, on the same port. */
    void answerDatagrams() {
        servers.forEach((name, server) -> {
            Endpoint endpoint = server.as(name).address();
            datagramServers.add(new UdpBench.UdpServer(name, endpoint.address().toString(), endpoint.port(), 1));
        });
    }

    void virtual(Set<IpAddress> addresses) {
        virtual = addresses;
    }

    void mostConnections(int most) {
        mostConnections = most;
    }

    void start(Service... services) throws ProxyStartException {
        engine = new NettyProxyEngine(EngineBench.settings(virtual, mostConnections), event -> {});
        engine.start(Arrays.stream(services).map(Service::wanted).toList());
    }

    void configure(Service... services) throws ProxyStartException {
        configure(List.of(services));
    }

    void configure(List<Service> services) throws ProxyStartException {
        engine().configure(services.stream().map(Service::wanted).toList());
    }

    NettyProxyEngine engine() {
        NettyProxyEngine present = engine;
        if (present == null) {
            throw new AssertionError("not started");
        }
        return present;
    }

    /** Waits until every worker has done what it was told so far. */
    void awaitWorkers() {
        for (Worker worker : engine().workers()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            assertThat(worker.execute(() -> done.complete(null))).isTrue();
            done.join();
        }
    }

    ServiceSnapshot snapshot(String service) {
        return engine().snapshot().services().stream()
                .filter(each -> each.name().equals(service))
                .findFirst()
                .orElseThrow();
    }

    List<String> names() {
        return engine().snapshot().services().stream()
                .map(ServiceSnapshot::name)
                .toList();
    }

    /** A connection to the service that ended up at this server, once the service leads there at all. */
    Socket client(Service service, String server) {
        List<Socket> others = new ArrayList<>();
        try {
            return await().atMost(EngineBench.PATIENCE)
                    .until(() -> tryConnect(service, server, others), socket -> socket != null);
        } finally {
            others.forEach(ReloadBench::close);
        }
    }

    private @Nullable Socket tryConnect(Service service, String server, List<Socket> others) {
        for (int i = 0; i < ROUNDS; i++) {
            try {
                Socket socket = open(service.config().listeners().getFirst().endpoint());
                if (socket.getInputStream().read() == server.charAt(1)) {
                    clients.add(socket);
                    return socket;
                }
                others.add(socket);
            } catch (IOException notYet) {
                return null;
            }
        }
        return null;
    }

    /** Name of the server to which a connection leads, which is closed again. */
    String connect(Service service) throws IOException {
        try (Socket socket = open(service.config().listeners().getFirst().endpoint())) {
            int number = socket.getInputStream().read();
            if (number < 0) {
                throw new SocketException("closed");
            }
            return "b" + (char) number;
        }
    }

    Socket open(Endpoint endpoint) throws IOException {
        return connect(endpoint, new Socket());
    }

    /** A connection from this address. */
    Socket open(Endpoint endpoint, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        return connect(endpoint, socket);
    }

    private static Socket connect(Endpoint endpoint, Socket socket) throws IOException {
        InetSocketAddress address = endpoint.address().isUnspecified()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), endpoint.port())
                : SocketAddresses.of(endpoint);
        socket.setSoTimeout((int) EngineBench.PATIENCE.toMillis());
        socket.connect(address, (int) EngineBench.PATIENCE.toMillis());
        return socket;
    }

    void expectAlive(Socket client) throws IOException {
        client.getOutputStream().write('x');
        assertThat(client.getInputStream().read()).isEqualTo('x');
    }

    void expectReset(Socket client) {
        assertThatThrownBy(() -> client.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    void expectRefused(Service service) {
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThatThrownBy(() -> connect(service)).isInstanceOf(SocketException.class));
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException gone) {
            // That is what was wanted.
        }
    }

    @Override
    public void close() {
        clients.forEach(ReloadBench::close);
        if (engine != null) {
            engine.close();
        }
        servers.values().forEach(ScriptedServer::close);
        datagramServers.forEach(UdpBench.UdpServer::close);
    }
}
