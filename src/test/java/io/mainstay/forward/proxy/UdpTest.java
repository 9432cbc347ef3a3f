// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Prefix;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Datagrams through the engine, on real sockets of this host. */
class UdpTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    private final UdpBench bench = new UdpBench();

    @AfterEach
    void close() {
        bench.close();
    }

    private void startWithTwo() {
        bench.server();
        bench.server();
        bench.start();
    }

    private static String server(String answer) {
        return answer.substring(0, 2);
    }

    @Test
    void aClientKeepsItsBackendAndOthersGetTheNextOne() throws IOException {
        startWithTwo();
        DatagramSocket one = bench.client();
        DatagramSocket two = bench.client();
        String first = UdpBench.ask(one, "a");
        String second = UdpBench.ask(two, "b");
        assertThat(Set.of(first, second)).isIn(Set.of("b1 a", "b2 b"), Set.of("b2 a", "b1 b"));
        for (int i = 0; i < 5; i++) {
            assertThat(UdpBench.ask(one, "c" + i)).isEqualTo(server(first) + " c" + i);
            assertThat(UdpBench.ask(two, "d" + i)).isEqualTo(server(second) + " d" + i);
        }
        ServiceSnapshot seen = bench.snapshot();
        assertThat(seen.active()).isEqualTo(2);
        assertThat(seen.total()).isEqualTo(2);
        assertThat(seen.bytesIn()).isEqualTo(2 + 2 * 5 * 2);
        assertThat(seen.bytesOut()).isEqualTo(seen.bytesIn() + 12 * 3);
    }

    @Test
    void silenceEndsASession() throws IOException {
        bench.udp(Duration.ofMillis(200), 0, false).server();
        bench.start();
        UdpBench.ask(bench.client(), "a");
        assertThat(bench.snapshot().total()).isEqualTo(1);
        bench.awaitSessions(0);
        UdpBench.ask(bench.client(), "a");
        assertThat(bench.snapshot().total()).isEqualTo(2);
    }

    @Test
    void aSessionIsOverAfterItsResponses() throws IOException {
        bench.udp(LONG, 2, false).server("127.0.1.1", 0, 2);
        bench.start();
        DatagramSocket client = bench.client();
        assertThat(UdpBench.ask(client, "a")).isEqualTo("b1 a");
        assertThat(UdpBench.receive(client)).isEqualTo("b1 a");
        bench.awaitSessions(0);
        assertThat(UdpBench.ask(client, "b")).isEqualTo("b1 b");
        assertThat(bench.snapshot().total()).isEqualTo(2);
    }

    @Test
    void questionsThatAreAskedTogetherAllGetTheirAnswers() throws IOException {
        DatagramSocket server = bench.udp(LONG, 1, false).played();
        bench.start();
        DatagramSocket client = bench.client();
        // As a resolver asks for the addresses of both families.
        UdpBench.send(client, "A");
        UdpBench.send(client, "AAAA");
        DatagramPacket first = question(server);
        DatagramPacket second = question(server);
        server.send(first);
        assertThat(UdpBench.receive(client)).isEqualTo("A");
        server.send(second);
        assertThat(UdpBench.receive(client)).isEqualTo("AAAA");
        bench.awaitSessions(0);
        assertThat(bench.snapshot().total()).isEqualTo(1);
    }

    /** What a server that the test plays is asked; sent as it is, it is the answer. */
    private static DatagramPacket question(DatagramSocket server) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[64], 64);
        server.receive(packet);
        return packet;
    }

    @Test
    void inOnePacketModeEveryDatagramIsBalancedAndAnswered() throws IOException {
        bench.udp(LONG, 0, true);
        startWithTwo();
        DatagramSocket client = bench.client();
        Set<String> servers = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            String answer = UdpBench.ask(client, "x" + i);
            assertThat(answer).endsWith(" x" + i);
            assertThat(servers.add(server(answer))).as("in turn").isEqualTo(i < 2);
        }
        assertThat(bench.snapshot().active()).isEqualTo(2);
    }

    @Test
    void inOnePacketModeABackendThatRefusesHasOneSessionOfAClientAllTheSame() throws IOException {
        UdpBench.UdpServer refusing = bench.udp(LONG, 0, true).server();
        bench.server();
        bench.start();
        refusing.close();
        DatagramSocket client = bench.client();
        for (int i = 0; i < 20; i++) {
            UdpBench.send(client, "to b1, or to b2");
            assertThat(UdpBench.ask(client, "x" + i)).startsWith("b2 ");
        }
        assertThat(bench.snapshot().active()).isEqualTo(2);
        assertThat(bench.snapshot().backends().getFirst().connectFailures()).isGreaterThan(1);
    }

    @Test
    void inOnePacketModeABackendThatIsBackIsServedByTheSessionThatItRefused() throws IOException {
        UdpBench.UdpServer first = bench.udp(LONG, 0, true).server();
        bench.start();
        DatagramSocket client = bench.client();
        UdpBench.ask(client, "a");
        int port = first.port();
        first.close();
        client.setSoTimeout(200);
        // The virtual machine closes a socket on which a thread waits a moment later.
        await().atMost(EngineBench.PATIENCE).until(() -> {
            UdpBench.send(client, "lost");
            return bench.snapshot().backends().getFirst().connectFailures() > 0;
        });
        bench.another("b1", "127.0.1.1", port, 1);
        await().atMost(EngineBench.PATIENCE)
                .ignoreExceptions()
                .until(() -> UdpBench.ask(client, "b").equals("b1 b"));
        assertThat(bench.snapshot().active()).isEqualTo(1);
    }

    @Test
    void inOnePacketModeWhoIsDeniedIsNotRememberedEither() throws IOException {
        bench.persistence(new PersistenceConfig(AddressGrouping.DEFAULT, LONG, 10, PersistenceConfig.DuringDrain.ALLOW))
                .traffic(TrafficConfig.DEFAULT
                        .withUdp(new UdpConfig(LONG, 0, true))
                        .withAccess(new AccessConfig(List.of(), List.of(Prefix.parse("127.0.0.1")))));
        bench.server();
        bench.start();
        UdpBench.send(bench.client(), "a");
        await().atMost(EngineBench.PATIENCE).until(() -> bench.refused(RefusalReason.DENIED) == 1);
        assertThat(bench.engine().persistence("dns", 10).clients()).isZero();
    }

    @Test
    void aBackendWhoseChecksFailLosesItsSessionsAtOnce() throws IOException {
        startWithTwo();
        DatagramSocket client = bench.client();
        String had = server(UdpBench.ask(client, "a"));
        bench.check(had, false);
        String has = server(UdpBench.ask(client, "b"));
        assertThat(has).isNotEqualTo(had);
        bench.check(had, true);
        assertThat(server(UdpBench.ask(client, "c"))).isEqualTo(has);
        assertThat(bench.snapshot().active()).isEqualTo(1);
    }

    @Test
    void aBackendThatNobodyListensAtIsLeftBeforeAnyCheckFails() throws IOException {
        bench.server().close();
        bench.server();
        bench.start();
        DatagramSocket client = bench.client();
        client.setSoTimeout(200);
        // The first may be lost; the kernel tells of it on the second.
        await().atMost(EngineBench.PATIENCE)
                .ignoreExceptions()
                .until(() -> UdpBench.ask(client, "a").equals("b2 a"));
        assertThat(bench.snapshot().backends().getFirst().connectFailures()).isPositive();
    }

    @Test
    void withoutABackendDatagramsAreDroppedAndCounted() throws IOException {
        bench.server();
        bench.start();
        bench.check("b1", false);
        DatagramSocket client = bench.client();
        UdpBench.send(client, "a");
        await().atMost(EngineBench.PATIENCE).until(() -> bench.refused(RefusalReason.NO_BACKEND) == 1);
        bench.check("b1", true);
        assertThat(UdpBench.ask(client, "b")).isEqualTo("b1 b");
    }

    @Test
    void aDrainKeepsSessionsAndGivesNewOnesToOthers() throws Exception {
        startWithTwo();
        DatagramSocket old = bench.client();
        String had = server(UdpBench.ask(old, "a"));
        var drained = bench.engine().drain("dns", had, LONG);
        assertThat(UdpBench.ask(old, "b")).isEqualTo(had + " b");
        for (int i = 0; i < 4; i++) {
            assertThat(server(UdpBench.ask(bench.client(), "c"))).isNotEqualTo(had);
        }
        var unused = bench.engine().drain("dns", had, Duration.ZERO);
        assertThat(drained.get(30, TimeUnit.SECONDS).reset()).isEqualTo(1);
        assertThat(server(UdpBench.ask(old, "d"))).isNotEqualTo(had);
    }

    @Test
    void theGateOfAVirtualAddressHoldsForDatagramsToo() throws Exception {
        Set<IpAddress> address = Set.of(IpAddress.parse("127.0.0.5"));
        bench.host("127.0.0.5").virtual("127.0.0.5").server();
        bench.start();
        DatagramSocket client = bench.client();
        UdpBench.send(client, "a");
        await().atMost(EngineBench.PATIENCE).until(() -> bench.refused(RefusalReason.GATE_CLOSED) == 1);
        bench.engine().openGate(address);
        assertThat(UdpBench.ask(client, "b")).isEqualTo("b1 b");
        assertThat(bench.engine().closeGate(address).get(30, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(bench.snapshot().active()).isZero();
    }

    @Test
    void aListenerOnAllAddressesAnswersFromTheOneThatWasAsked() throws IOException {
        bench.host("0.0.0.0").server();
        bench.start();
        // Connected clients take answers from the address alone that they asked.
        assertThat(UdpBench.ask(bench.client("127.0.0.7", bench.port()), "a")).isEqualTo("b1 a");
        assertThat(UdpBench.ask(bench.client("127.0.0.8", bench.port()), "b")).isEqualTo("b1 b");
    }

    @Test
    void oneClientSocketThatAsksTwoAddressesHasTwoSessions() throws IOException {
        bench.host("0.0.0.0").server();
        bench.start();
        DatagramSocket client = bench.client("127.0.0.7", bench.port());
        UdpBench.ask(client, "a");
        client.disconnect();
        client.connect(new InetSocketAddress("127.0.0.8", bench.port()));
        assertThat(UdpBench.ask(client, "b")).isEqualTo("b1 b");
        assertThat(bench.snapshot().active()).isEqualTo(2);
    }

    @Test
    void clientsAndServersMayBeOfEitherFamily() throws IOException {
        bench.host("::1").server("::1", 0, 1);
        bench.server();
        bench.start();
        Set<String> servers = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            servers.add(server(UdpBench.ask(bench.client(), "a")));
        }
        assertThat(servers).containsExactlyInAnyOrder("b1", "b2");
    }

    @Test
    void aListenerOnAllIpv6AddressesAnswersFromTheOneThatWasAsked() throws IOException {
        bench.host("::").server();
        bench.start();
        assertThat(UdpBench.ask(bench.client("::1", bench.port()), "a")).isEqualTo("b1 a");
    }

    @Test
    void thePortsOfABackendRunAlongWithARange() throws IOException {
        UdpBench.UdpServer first = bench.server();
        bench.another("b9", "127.0.1.1", first.port() + 2, 1);
        bench.ports(3).start();
        assertThat(UdpBench.ask(bench.client("127.0.0.1", bench.port()), "a")).isEqualTo("b1 a");
        assertThat(UdpBench.ask(bench.client("127.0.0.1", bench.port() + 2), "a"))
                .isEqualTo("b9 a");
    }

    @Test
    void theLargestDatagramPasses() throws IOException {
        bench.server();
        bench.start();
        String large = "x".repeat(65_507 - 3);
        assertThat(UdpBench.ask(bench.client(), large)).isEqualTo("b1 " + large);
    }

    @Test
    void anEmptyDatagramPassesToo() throws IOException {
        bench.server();
        bench.start();
        DatagramSocket client = bench.client();
        // Java leaves empty datagrams out where the socket is connected.
        client.disconnect();
        client.send(new DatagramPacket(
                new byte[0], 0, new InetSocketAddress(InetAddress.getLoopbackAddress(), bench.port())));
        assertThat(UdpBench.receive(client)).isEqualTo("b1 ");
    }

    @Test
    void manyClientsAtOnceGetTheirOwnAnswers() throws IOException {
        startWithTwo();
        List<DatagramSocket> clients =
                IntStream.range(0, 100).mapToObj(i -> bench.client()).toList();
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < clients.size(); i++) {
                UdpBench.send(clients.get(i), round + "-" + i);
            }
            for (int i = 0; i < clients.size(); i++) {
                assertThat(UdpBench.receive(clients.get(i))).endsWith(" " + round + "-" + i);
            }
        }
        assertThat(bench.snapshot().active()).isEqualTo(100);
        assertThat(bench.snapshot().backends().getFirst().active()).isEqualTo(50);
    }

    @Test
    void aReloadKeepsTheSessionsOfBackendsThatStay() throws Exception {
        startWithTwo();
        DatagramSocket one = bench.client();
        DatagramSocket two = bench.client();
        String kept = server(UdpBench.ask(one, "a"));
        UdpBench.ask(two, "b");
        bench.configure(bench.backends().stream()
                .filter(backend -> backend.name().equals(kept))
                .toList());
        assertThat(UdpBench.ask(one, "c")).isEqualTo(kept + " c");
        // The other one is being emptied and keeps its session for as long.
        assertThat(UdpBench.ask(two, "d")).endsWith(" d").doesNotStartWith(kept);
        assertThat(bench.snapshot().total()).isEqualTo(2);
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::state)
                .containsExactly(BackendState.HEALTHY, BackendState.DRAINING);
    }
}
