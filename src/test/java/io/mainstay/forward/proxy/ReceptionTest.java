// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.wire.ProxyHeaderEncoder;
import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.net.Prefix;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections that begin with a PROXY header. */
class ReceptionTest {

    private static final String HEADER = "PROXY TCP4 203.0.113.7 198.51.100.10 4242 443\r\n";

    private final RelayBench bench = new RelayBench(2);

    ReceptionTest() {
        traffic(TrafficConfig.DEFAULT.withProxyProtocol(accepting(Optional.empty())));
    }

    private static ProxyProtocolConfig accepting(Optional<ProxyVersion> sent) {
        return new ProxyProtocolConfig(List.of(Prefix.parse("198.18.2.0/24")), sent);
    }

    private void traffic(TrafficConfig traffic) {
        bench.traffic(traffic);
    }

    private static byte[] octets(String text) {
        return text.getBytes(US_ASCII);
    }

    @AfterEach
    void nothingIsLeft() {
        bench.pass(Duration.ofMinutes(11));
        assertThat(bench.snapshot().active()).isZero();
        assertThat(bench.lane().load().live()).isZero();
        assertThat(bench.lane().wheel.isEmpty()).isTrue();
    }

    @Test
    void theHeaderIsTakenAwayAndTheRestGoesToTheBackend() {
        SimulatedSocket client = bench.receive();
        assertThat(bench.attempts()).isEmpty();
        client.arrive(octets(HEADER + "hello"));
        bench.server().connected();
        client.arrive(octets(" there"));
        assertThat(bench.server().written()).isEqualTo(octets("hello there"));
    }

    @Test
    void aHeaderInPiecesIsWaitedFor() {
        SimulatedSocket client = bench.receive();
        byte[] all = octets(HEADER + "hello");
        for (int i = 0; i < HEADER.length() - 1; i++) {
            client.arrive(all[i]);
            assertThat(bench.attempts()).isEmpty();
        }
        client.arrive(Arrays.copyOfRange(all, HEADER.length() - 1, all.length));
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(octets("hello"));
    }

    @Test
    void aFinBehindTheHeaderIsPassedOn() {
        SimulatedSocket client = bench.receive();
        client.arriveSilently(octets(HEADER + "hello"));
        client.peerFinishes();
        bench.server().connected();
        assertThat(bench.server().deeds()).containsExactly("FIN after 5");
    }

    @Test
    void theClientOfTheHeaderIsTheOneThatIsJudgedAndToldOn() {
        traffic(TrafficConfig.DEFAULT
                .withProxyProtocol(accepting(Optional.of(ProxyVersion.V1)))
                .withAccess(new AccessConfig(List.of(), List.of(Prefix.parse("203.0.113.8")))));
        SimulatedSocket denied = bench.receive();
        denied.arrive(octets(HEADER.replace("203.0.113.7", "203.0.113.8")));
        assertThat(denied.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.DENIED)).isEqualTo(1);
        SimulatedSocket client = bench.receive();
        client.arrive(octets(HEADER + "hello"));
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(octets(HEADER + "hello"));
    }

    @Test
    void anotherHeaderComesBeforeTheOctetsOfWhoeverConnectsDirectly() {
        traffic(TrafficConfig.DEFAULT.withProxyProtocol(
                new ProxyProtocolConfig(List.of(), Optional.of(ProxyVersion.V2))));
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        client.arrive(octets("hello"));
        byte[] header = ProxyHeaderEncoder.forClient(ProxyVersion.V2, bench.directRoute());
        byte[] expected = Arrays.copyOf(header, header.length + 5);
        System.arraycopy(octets("hello"), 0, expected, header.length, 5);
        assertThat(bench.server().written()).isEqualTo(expected);
    }

    @Test
    void aHeaderThatTheBackendDoesNotTakeWaitsAsLongAsThereIsMemory() {
        traffic(TrafficConfig.DEFAULT.withProxyProtocol(
                new ProxyProtocolConfig(List.of(), Optional.of(ProxyVersion.V1))));
        bench.accept();
        bench.server().limitWindow(3);
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(octets("PRO"));
        bench.server().openWindow(100);
        assertThat(bench.server().written()).startsWith(octets("PROXY TCP4 198.18.2.1"));
        bench.takeMemory();
        SimulatedSocket client = bench.accept();
        bench.server().limitWindow(3);
        bench.server().connected();
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.NO_MEMORY)).isEqualTo(1);
    }

    @Test
    void theBackendThatIsTriedNextGetsTheHeaderToo() {
        traffic(TrafficConfig.DEFAULT.withProxyProtocol(accepting(Optional.of(ProxyVersion.V1))));
        SimulatedSocket client = bench.receive();
        client.arrive(octets(HEADER));
        bench.server().connectFailed();
        bench.server().connected();
        assertThat(bench.servers()).hasSize(2);
        assertThat(bench.server().written()).isEqualTo(octets(HEADER));
        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void whatIsNoHeaderIsResetAndCounted() {
        SimulatedSocket client = bench.receive();
        client.arrive(octets("GET / HTTP/1.1\r\n"));
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.HEADER_MALFORMED)).isEqualTo(1);
        assertThat(bench.attempts()).isEmpty();
    }

    @Test
    void aHeaderThatEndsInTheMiddleIsResetAndCounted() {
        SimulatedSocket client = bench.receive();
        client.arrive(octets("PROXY TCP4 "));
        client.peerFinishes();
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.HEADER_MALFORMED)).isEqualTo(1);
    }

    @Test
    void whoSaysNothingIsResetInTimeAndCounted() {
        SimulatedSocket client = bench.receive();
        client.arrive(octets("PROXY "));
        bench.pass(Duration.ofMillis(4900));
        assertThat(client.isClosed()).isFalse();
        bench.pass(Duration.ofMillis(100).plus(RelayBench.TIMER_SLACK));
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.OPENING_TIMEOUT)).isEqualTo(1);
    }

    @Test
    void whoOnlyLooksWhetherAnybodyListensIsNotCounted() {
        SimulatedSocket client = bench.receive();
        client.peerFinishes();
        assertThat(client.isClosed()).isTrue();
        assertThat(bench.snapshot().refused().values()).containsOnly(0L);
    }

    @Test
    void aConnectionThatIsNotPastItsHeaderEndsWithTheOthers() {
        SimulatedSocket client = bench.receive();
        bench.abortAll();
        assertThat(client.deeds()).containsExactly("RST after 0");
    }
}
