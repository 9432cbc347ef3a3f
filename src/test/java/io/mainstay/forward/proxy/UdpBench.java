// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.awaitility.Awaitility.await;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A real engine with one service for datagrams on loopback, and servers that tell their name with what they got. */
final class UdpBench implements AutoCloseable {

    private final List<UdpServer> servers = new ArrayList<>();
    private final List<DatagramSocket> clients = new ArrayList<>();
    private final List<DatagramSocket> played = new ArrayList<>();
    private List<BackendConfig> backends = new ArrayList<>();
    private String host = "127.0.0.1";
    private int ports = 1;
    private int firstPort;
    private TrafficConfig traffic = TrafficConfig.DEFAULT;
    private SelectionConfig selection = SelectionConfig.of(Balance.ROUND_ROBIN);
    private Set<IpAddress> virtual = Set.of();
    private int mostConnections = Integer.MAX_VALUE;
    private @Nullable NettyProxyEngine engine;

    /** A server that answers each datagram with its name and the datagram, as often as wanted. */
    static final class UdpServer implements AutoCloseable {

        private final DatagramSocket socket;
        private final String name;
        private final int answers;

        UdpServer(String name, String host, int port, int answers) {
            this.name = name;
            this.answers = answers;
            try {
                socket = new DatagramSocket(new InetSocketAddress(host, port));
            } catch (SocketException e) {
                throw new UncheckedIOException(e);
            }
            Thread.ofVirtual().start(this::serve);
        }

        private void serve() {
            byte[] buffer = new byte[65_536];
            while (!socket.isClosed()) {
                try {
                    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                    socket.receive(packet);
                    String text = new String(buffer, 0, packet.getLength(), StandardCharsets.ISO_8859_1);
                    byte[] answer = (name + " " + text).getBytes(StandardCharsets.ISO_8859_1);
                    for (int i = 0; i < answers; i++) {
                        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                    }
                } catch (IOException closed) {
                    return;
                }
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    UdpBench host(String wanted) {
        host = wanted;
        return this;
    }

    UdpBench ports(int wanted) {
        ports = wanted;
        return this;
    }

    UdpBench udp(Duration timeout, int responses, boolean onePacket) {
        traffic = TrafficConfig.DEFAULT.withUdp(new UdpConfig(timeout, responses, onePacket));
        return this;
    }

    UdpBench persistence(PersistenceConfig wanted) {
        selection = selection.withPersistence(wanted);
        return this;
    }

    UdpBench traffic(TrafficConfig wanted) {
        traffic = wanted;
        return this;
    }

    UdpBench virtual(String address) {
        virtual = Set.of(IpAddress.parse(address));
        return this;
    }

    /** Adds a backend named b1, b2, … on 127.0.1.1, 127.0.1.2, … */
    UdpServer server() {
        return server("127.0.1." + (backends.size() + 1), 0, 1);
    }

    UdpServer server(String at, int port, int answers) {
        String name = "b" + (backends.size() + 1);
        UdpServer server = another(name, at, port, answers);
        backends.add(new BackendConfig(name, EngineBench.endpoint(at, server.port()), 100));
        return server;
    }

    /** Adds a backend that the test plays itself. */
    DatagramSocket played() {
        String at = "127.0.1." + (backends.size() + 1);
        try {
            DatagramSocket server = new DatagramSocket(new InetSocketAddress(at, 0));
            server.setSoTimeout((int) EngineBench.PATIENCE.toMillis());
            played.add(server);
            backends.add(new BackendConfig(
                    "b" + (backends.size() + 1), EngineBench.endpoint(at, server.getLocalPort()), 100));
            return server;
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that is no backend. */
    UdpServer another(String name, String at, int port, int answers) {
        UdpServer server = new UdpServer(name, at, port, answers);
        servers.add(server);
        return server;
    }

    void mostConnections(int most) {
        mostConnections = most;
    }

    UdpBench start() {
        engine = new NettyProxyEngine(EngineBench.settings(virtual, mostConnections), event -> {});
        try {
            firstPort = freePort(host);
            engine.start(List.of(service()));
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
        // Their checks are those of TCP and fail; what they say is put in here.
        backends.forEach(backend -> check(backend.name(), true));
        return this;
    }

    void configure(List<BackendConfig> wanted) throws ProxyStartException {
        backends = wanted;
        engine().configure(List.of(service()));
        backends.forEach(backend -> check(backend.name(), true));
    }

    List<BackendConfig> backends() {
        return List.copyOf(backends);
    }

    private ProxyService service() {
        Endpoint first = EngineBench.endpoint(host, firstPort);
        return new ProxyService(
                new ServiceConfig(
                        "dns",
                        List.of(new ListenerConfig(first, firstPort + ports - 1, Transport.UDP)),
                        selection,
                        Duration.ofMinutes(5),
                        new TimeoutConfig(Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofMinutes(5)),
                        backends),
                ServiceHealthConfig.of(new HealthCheckConfig(
                        new HealthCheckConfig.Tcp(), Duration.ofDays(1), Duration.ofSeconds(20), 1_000, 1)),
                traffic);
    }

    private int freePort(String address) {
        try (DatagramSocket probe = new DatagramSocket(new InetSocketAddress(address, 0))) {
            // The ports behind it are free as a rule.
            return Math.min(probe.getLocalPort(), 65_535 - ports);
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets a check say this of a backend, as often as it takes to be believed. */
    void check(String backend, boolean success) {
        LiveService live = engine().service("dns");
        LiveBackend target = live.backend(backend);
        for (int i = 0; i < 1_000; i++) {
            live.onCheck(
                    target,
                    live.settings(),
                    0,
                    new CheckReport(Instant.EPOCH, success, "as the test wants", Duration.ZERO),
                    false);
        }
    }

    NettyProxyEngine engine() {
        NettyProxyEngine present = engine;
        if (present == null) {
            throw new AssertionError("not started");
        }
        return present;
    }

    ServiceSnapshot snapshot() {
        return engine().snapshot().services().getFirst();
    }

    long refused(RefusalReason reason) {
        return snapshot().refused().getOrDefault(reason, 0L);
    }

    void awaitSessions(int count) {
        await().atMost(EngineBench.PATIENCE).until(() -> snapshot().active() == count);
    }

    int port() {
        return firstPort;
    }

    DatagramSocket client() {
        return client(host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host, firstPort);
    }

    DatagramSocket client(String address, int port) {
        try {
            DatagramSocket client = new DatagramSocket(new InetSocketAddress(
                    address.contains(":") ? InetAddress.ofLiteral("::1") : InetAddress.getLoopbackAddress(), 0));
            client.setSoTimeout((int) EngineBench.PATIENCE.toMillis());
            client.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port));
            clients.add(client);
            return client;
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void send(DatagramSocket client, String text) throws IOException {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        client.send(new DatagramPacket(octets, octets.length));
    }

    static String receive(DatagramSocket client) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        client.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1);
    }

    /** The answer to a datagram. */
    static String ask(DatagramSocket client, String text) throws IOException {
        send(client, text);
        return receive(client);
    }

    /** Whether nothing comes for a moment. */
    static boolean isSilent(DatagramSocket client) throws IOException {
        int before = client.getSoTimeout();
        client.setSoTimeout(200);
        try {
            receive(client);
            return false;
        } catch (SocketTimeoutException nothing) {
            return true;
        } finally {
            client.setSoTimeout(before);
        }
    }

    @Override
    public void close() {
        clients.forEach(DatagramSocket::close);
        if (engine != null) {
            engine.close();
        }
        servers.forEach(UdpServer::close);
        played.forEach(DatagramSocket::close);
    }
}
