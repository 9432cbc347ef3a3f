// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Backends that see from which address and port the datagrams of a client come. */
class UdpSourceTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    private final UdpBench bench = new UdpBench();
    private final Set<DatagramSocket> clients = new HashSet<>();

    @BeforeEach
    void needRights() {
        assumeTrue(mayDoIt(), "needs CAP_NET_ADMIN");
        udp(0, false);
    }

    private static boolean mayDoIt() {
        // Loads what the sockets call, where no other test has been here before.
        Epoll.ensureAvailability();
        try {
            TcpSocket.requireRightToSpeakFor();
            return true;
        } catch (IOException withoutTheRight) {
            return false;
        }
    }

    private void udp(int responses, boolean onePacket) {
        bench.traffic(TrafficConfig.DEFAULT.withUdp(new UdpConfig(LONG, responses, onePacket, SourceAddress.CLIENT)));
    }

    /** Every port that was taken is given back. */
    @AfterEach
    void close() throws Exception {
        if (mayDoIt()) {
            ClientPorts ports = bench.engine().workers().getFirst().clientPorts();
            assertThat(ports.size()).isPositive();
            bench.engine().close();
            assertThat(ports.size()).isZero();
        }
        clients.forEach(DatagramSocket::close);
        bench.close();
    }

    /** One that shares its port, as a client on another host does by itself. */
    private DatagramSocket client(boolean sharesPort, String asks) throws IOException {
        DatagramSocket client = new DatagramSocket(null);
        client.setReuseAddress(sharesPort);
        client.bind(new InetSocketAddress("127.0.3.1", 0));
        client.setSoTimeout((int) EngineBench.PATIENCE.toMillis());
        client.connect(new InetSocketAddress(asks, bench.port()));
        clients.add(client);
        return client;
    }

    private DatagramSocket client() throws IOException {
        return client(true, "127.0.0.1");
    }

    /** Asks a server, which sends back what it was asked; from where it was. */
    private static InetSocketAddress seen(DatagramSocket client, DatagramSocket server) throws IOException {
        UdpBench.send(client, "to " + client.getRemoteSocketAddress());
        DatagramPacket question = new DatagramPacket(new byte[64], 64);
        server.receive(question);
        server.send(question);
        assertThat(UdpBench.receive(client)).isEqualTo("to " + client.getRemoteSocketAddress());
        return (InetSocketAddress) question.getSocketAddress();
    }

    @Test
    void theBackendSeesTheClient() throws IOException {
        DatagramSocket server = bench.played();
        bench.start();
        DatagramSocket one = client();
        DatagramSocket other = client();
        for (int i = 0; i < 3; i++) {
            assertThat(seen(one, server)).isEqualTo(one.getLocalSocketAddress());
            assertThat(seen(other, server)).isEqualTo(other.getLocalSocketAddress());
        }
    }

    @Test
    void sessionsOfOnePortWithSeveralBackendsAllHaveIt() throws IOException {
        udp(0, true);
        DatagramSocket one = bench.played();
        DatagramSocket other = bench.played();
        bench.start();
        DatagramSocket client = client();
        SocketAddress own = client.getLocalSocketAddress();
        for (int i = 0; i < 3; i++) {
            // In turn.
            assertThat(seen(client, one)).isEqualTo(own);
            assertThat(seen(client, other)).isEqualTo(own);
        }
        assertThat(bench.snapshot().active()).isEqualTo(2);
    }

    @Test
    void sessionsOfOnePortWithOneBackendAreToldApartByAnother() throws IOException {
        bench.host("0.0.0.0");
        DatagramSocket server = bench.played();
        bench.start();
        DatagramSocket client = client(true, "127.0.0.7");
        SocketAddress own = client.getLocalSocketAddress();
        assertThat(seen(client, server)).isEqualTo(own);
        ask(client, "127.0.0.8");
        InetSocketAddress other = seen(client, server);
        assertThat(other.getHostString()).isEqualTo("127.0.3.1");
        assertThat(other).isNotEqualTo(own);
        // Each answer comes from the address that was asked, or it would not arrive.
        ask(client, "127.0.0.7");
        assertThat(seen(client, server)).isEqualTo(own);
        ask(client, "127.0.0.8");
        assertThat(seen(client, server)).isEqualTo(other);
        assertThat(bench.snapshot().active()).isEqualTo(2);
    }

    private void ask(DatagramSocket client, String address) throws IOException {
        client.disconnect();
        client.connect(new InetSocketAddress(address, bench.port()));
    }

    @Test
    void aSessionThatIsOverLeavesThePortToTheNext() throws IOException {
        udp(1, false);
        DatagramSocket server = bench.played();
        bench.start();
        DatagramSocket client = client();
        for (int i = 0; i < 20; i++) {
            assertThat(seen(client, server)).isEqualTo(client.getLocalSocketAddress());
        }
        bench.awaitSessions(0);
        assertThat(bench.snapshot().total()).isEqualTo(20);
        // For what is looked at in the end.
        UdpBench.send(client, "one that stays");
        bench.awaitSessions(1);
    }

    @Test
    void aBackendThatTakesThePlaceOfAnotherSeesThePortToo() throws IOException {
        DatagramSocket first = bench.played();
        DatagramSocket second = bench.played();
        bench.start();
        DatagramSocket client = client();
        assertThat(seen(client, first)).isEqualTo(client.getLocalSocketAddress());
        bench.check("b1", false);
        assertThat(seen(client, second)).isEqualTo(client.getLocalSocketAddress());
    }

    @Test
    void whereAProgramHasThePortTheBackendSeesTheAddressAlone() throws IOException {
        DatagramSocket server = bench.played();
        bench.start();
        // For what is looked at in the end.
        assertThat(seen(client(), server).getHostString()).isEqualTo("127.0.3.1");
        DatagramSocket client = client(false, "127.0.0.1");
        InetSocketAddress seen = seen(client, server);
        assertThat(seen.getHostString()).isEqualTo("127.0.3.1");
        assertThat(seen).isNotEqualTo(client.getLocalSocketAddress());
        assertThat(seen(client, server)).isEqualTo(seen);
    }
}
