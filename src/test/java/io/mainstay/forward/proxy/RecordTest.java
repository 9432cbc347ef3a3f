// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.RecordConfig;
import io.mainstay.forward.RecordConfig.Keep;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Prefix;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What connections leave when they end. */
class RecordTest {

    private final RelayBench bench = new RelayBench(2);

    RecordTest() {
        keep(Keep.ALL);
    }

    private void keep(Keep keep) {
        bench.traffic(TrafficConfig.DEFAULT.withRecords(new RecordConfig(keep, 1)));
    }

    private static byte[] octets(String text) {
        return text.getBytes(US_ASCII);
    }

    private ConnectionRecord only() {
        assertThat(bench.records()).hasSize(1);
        return bench.records().getFirst();
    }

    private void expectState(String state) {
        assertThat(only().state()).isEqualTo(state);
    }

    private static void finish(SimulatedSocket client, SimulatedSocket server) {
        client.peerFinishes();
        server.peerFinishes();
    }

    @Test
    void aConnectionThatBothSidesFinishLeavesWhoWhereHowMuchAndHowLong() {
        SimulatedSocket client = bench.accept();
        bench.pass(Duration.ofSeconds(1));
        bench.server().connected();
        client.arrive(octets("question"));
        bench.server().arrive(octets("answer"));
        bench.pass(Duration.ofSeconds(2));
        assertThat(bench.records()).isEmpty();
        finish(client, bench.server());
        ConnectionRecord record = only();
        assertThat(record.state()).isEqualTo(ConnectionRecord.FINISHED);
        assertThat(record.service()).isEqualTo("web");
        assertThat(record.client()).isEqualTo(RelayBench.CLIENT);
        assertThat(record.peer()).isEqualTo(RelayBench.CLIENT);
        assertThat(record.arrivedAt()).isEqualTo(Endpoint.parse("198.18.1.1:80"));
        assertThat(record.backend()).contains("web1");
        assertThat(record.refusal()).isEmpty();
        assertThat(record.bytesIn()).isEqualTo(8);
        assertThat(record.bytesOut()).isEqualTo(6);
        assertThat(record.duration()).isEqualTo(Duration.ofSeconds(3));
        assertThat(record.connect()).isEqualTo(Duration.ofSeconds(1));
        assertThat(record.queued()).isZero();
        assertThat(record.attempts()).isEqualTo(1);
    }

    @Test
    void whoEndsItFirstIsNamed() {
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        client.peerResets();
        expectState("CD");
    }

    @Test
    void aBackendThatResetsIsNamed() {
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        client.peerFinishes();
        bench.server().peerResets();
        expectState("BH");
    }

    @Test
    void silenceIsNamed() {
        bench.accept();
        bench.server().connected();
        bench.pass(RelayBench.IDLE_TIMEOUT.plus(RelayBench.TIMER_SLACK));
        expectState("TD");
    }

    @Test
    void silenceAfterOneSideHasFinishedIsNamed() {
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        client.peerFinishes();
        bench.pass(RelayBench.HALF_CLOSED_TIMEOUT.plus(RelayBench.TIMER_SLACK));
        expectState("TH");
    }

    @Test
    void aConnectionThatTheNodeEndsIsNamed() {
        bench.accept();
        bench.server().connected();
        bench.abortAll();
        expectState("ND");
    }

    @Test
    void aClientThatGoesWhileABackendIsSoughtIsNamed() {
        SimulatedSocket client = bench.accept();
        client.peerResets();
        expectState("CC");
    }

    @Test
    void backendsThatCannotBeReachedAreCountedAndTheRefusalIsTold() {
        bench.refuseConnects();
        bench.accept();
        ConnectionRecord record = only();
        assertThat(record.state()).isEqualTo("RC");
        assertThat(record.refusal()).contains(RefusalReason.CONNECT_FAILED);
        assertThat(record.attempts()).isEqualTo(Relay.MAX_ATTEMPTS);
    }

    @Test
    void whoIsNotLetInLeavesARecordWithTheAddressThatAProxyHasTold() {
        bench.traffic(TrafficConfig.DEFAULT
                .withRecords(new RecordConfig(Keep.FAILED, 1))
                .withAccess(new AccessConfig(List.of(), List.of(Prefix.parse("203.0.113.7"))))
                .withProxyProtocol(new ProxyProtocolConfig(List.of(Prefix.parse("198.18.2.0/24")), Optional.empty())));
        SimulatedSocket client = bench.receive();
        client.arrive(octets("PROXY TCP4 203.0.113.7 198.51.100.10 4242 443\r\n"));
        ConnectionRecord record = only();
        assertThat(record.state()).isEqualTo("RO");
        assertThat(record.refusal()).contains(RefusalReason.DENIED);
        assertThat(record.client()).isEqualTo(Endpoint.parse("203.0.113.7:4242"));
        assertThat(record.peer()).isEqualTo(RelayBench.CLIENT);
        assertThat(record.backend()).isEmpty();
    }

    @Test
    void theTimeInTheQueueIsTold() {
        RelayBench full = new RelayBench(SelectionConfig.of(Balance.LEAST_CONN), RelayBench.backends(1, 1));
        full.traffic(TrafficConfig.DEFAULT
                .withRecords(new RecordConfig(Keep.ALL, 1))
                .withQueue(new QueueConfig(2, Duration.ofSeconds(10))));
        SimulatedSocket first = full.accept();
        SimulatedSocket firstServer = full.server();
        firstServer.connected();
        SimulatedSocket second = full.queue(RelayBench.CLIENT);
        full.queue(RelayBench.CLIENT);
        full.pass(Duration.ofSeconds(3));
        finish(first, firstServer);
        full.runTasks();
        full.server().connected();
        finish(second, full.server());
        assertThat(full.records().getFirst().queuePosition()).isZero();
        assertThat(full.records().getLast().queuePosition()).isEqualTo(1);
        assertThat(full.records().getLast().queued()).isEqualTo(Duration.ofSeconds(3));
        assertThat(full.records().getLast().state()).isEqualTo("--");
        full.abortAll();
        full.runTasks();
        assertThat(full.records()).hasSize(3);
        assertThat(full.records().getLast().queuePosition()).isEqualTo(2);
    }

    @Test
    void whoWaitsInVainLeavesARecord() {
        RelayBench full = new RelayBench(SelectionConfig.of(Balance.LEAST_CONN), RelayBench.backends(1, 1));
        full.traffic(TrafficConfig.DEFAULT
                .withRecords(new RecordConfig(Keep.ALL, 1))
                .withQueue(new QueueConfig(2, Duration.ofSeconds(10))));
        full.accept();
        full.server().connected();
        full.queue(RelayBench.CLIENT);
        full.pass(Duration.ofSeconds(10).plus(RelayBench.TIMER_SLACK));
        ConnectionRecord record = full.records().getFirst();
        assertThat(record.state()).isEqualTo("RQ");
        assertThat(record.refusal()).contains(RefusalReason.QUEUE_TIMEOUT);
        assertThat(record.queued()).isGreaterThanOrEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void onlyThoseThatFailedAreKeptWhereNoOthersAreWanted() {
        keep(Keep.FAILED);
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        finish(client, bench.server());
        assertThat(bench.records()).isEmpty();
        SimulatedSocket other = bench.accept();
        bench.server().connected();
        other.peerResets();
        expectState("CD");
    }

    @Test
    void oneInManyIsKeptWhereNoMoreAreWanted() {
        bench.traffic(TrafficConfig.DEFAULT.withRecords(new RecordConfig(Keep.ALL, 10)));
        for (int i = 0; i < 5_000; i++) {
            SimulatedSocket client = bench.accept();
            client.peerResets();
        }
        // 500 are expected; 21 is the standard deviation.
        assertThat(bench.records().size()).isBetween(300, 700);
    }

    @Test
    void noneIsKeptByDefault() {
        bench.traffic(TrafficConfig.DEFAULT);
        SimulatedSocket client = bench.accept();
        client.peerResets();
        assertThat(bench.records()).isEmpty();
    }
}
