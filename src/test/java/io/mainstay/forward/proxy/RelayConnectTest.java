// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.RefusalReason;
import org.junit.jupiter.api.Test;

/** The relay until it has a backend. */
class RelayConnectTest {

    private final RelayBench bench = new RelayBench(3);

    private static byte[] octets(String text) {
        return text.getBytes(US_ASCII);
    }

    private void expectAllIsReturned() {
        assertThat(bench.snapshot().active()).isZero();
        assertThat(bench.lane().blocks.lent()).isZero();
        assertThat(bench.lane().wheel.isEmpty()).isTrue();
    }

    @Test
    void theBackendIsConnectedBeforeTheClientSpeaks() {
        SimulatedSocket client = bench.accept();
        assertThat(bench.attempts()).containsExactly("web1");
        bench.server().connected();
        bench.server().arrive(octets("220 ready"));
        assertThat(client.written()).isEqualTo(octets("220 ready"));
    }

    @Test
    void theHandshakeWaitsForOctetsOnlyWhereThereAreSome() {
        bench.accept();
        bench.server().connected();
        assertThat(bench.server().writtenBeforePrompt()).isZero();
        SimulatedSocket client = bench.accept();
        client.arrive(octets("question"));
        bench.server().connected();
        assertThat(bench.server().writtenBeforePrompt()).isEqualTo(8);
    }

    @Test
    void earlyOctetsOfTheClientWaitUnreadForTheConnection() {
        SimulatedSocket client = bench.accept();
        client.arrive(octets("question"));
        client.peerFinishes();
        assertThat(client.reads()).isZero();
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(octets("question"));
        assertThat(bench.server().deeds()).containsExactly("FIN after 8");
    }

    @Test
    void aBackendThatRefusesIsReplacedByAnother() {
        SimulatedSocket client = bench.accept();
        client.arrive(octets("question"));
        bench.server().connectFailed();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo(octets("question"));
        assertThat(bench.servers().getFirst().isClosed()).isTrue();
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::active)
                .containsExactly(0, 1, 0);
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::connectFailures)
                .containsExactly(1L, 0L, 0L);
    }

    @Test
    void aBackendThatDoesNotAnswerIsReplacedAfterTheConnectTimeout() {
        bench.accept();
        bench.pass(RelayBench.CONNECT_TIMEOUT);
        assertThat(bench.attempts()).containsExactly("web1");
        bench.pass(RelayBench.TIMER_SLACK);
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        assertThat(bench.servers().getFirst().isClosed()).isTrue();
    }

    @Test
    void aConnectionIsNotGivenUpWhileItsConnectTimeRuns() {
        bench.accept();
        bench.pass(RelayBench.CONNECT_TIMEOUT.minusMillis(200));
        bench.server().connectFailed();
        bench.pass(RelayBench.CONNECT_TIMEOUT.minusMillis(200));
        assertThat(bench.attempts()).containsExactly("web1", "web2");
    }

    @Test
    void theClientIsResetAfterThreeFailuresOnThreeBackends() {
        SimulatedSocket client = bench.accept();
        for (int i = 0; i < Relay.MAX_ATTEMPTS; i++) {
            assertThat(client.isClosed()).isFalse();
            bench.server().connectFailed();
        }
        assertThat(bench.attempts()).containsExactly("web1", "web2", "web3");
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.CONNECT_FAILED)).isEqualTo(1);
        expectAllIsReturned();
    }

    @Test
    void refusalsThatComeAtOnceAreCountedTheSame() {
        bench.refuseConnects();
        SimulatedSocket client = bench.accept();
        assertThat(bench.attempts()).containsExactly("web1", "web2", "web3");
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.CONNECT_FAILED)).isEqualTo(1);
        expectAllIsReturned();
    }

    @Test
    void theOnlyBackendIsTriedAgain() {
        RelayBench single = new RelayBench(1);
        single.refuseConnects();
        single.accept();
        assertThat(single.attempts()).containsExactly("web1", "web1", "web1");
        assertThat(single.snapshot().active()).isZero();
    }

    @Test
    void whenTheLastBackendGoesDownMeanwhileTheClientIsReset() {
        SimulatedSocket client = bench.accept();
        bench.service().backends().forEach(bench.service()::maintenance);
        bench.server().connectFailed();
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.CONNECT_FAILED)).isEqualTo(1);
        expectAllIsReturned();
    }

    @Test
    void withoutASocketForTheBackendTheClientIsResetAndNoBackendBlamed() {
        bench.runOutOfSockets();
        SimulatedSocket client = bench.accept();
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.NO_RESOURCES)).isEqualTo(1);
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::connectFailures)
                .containsOnly(0L);
        expectAllIsReturned();
    }

    private void expectNobodyIsBlamed() {
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::connectFailures)
                .containsOnly(0L);
        assertThat(bench.refused(RefusalReason.CONNECT_FAILED)).isZero();
    }

    @Test
    void withoutAPortTowardsABackendAnotherOneServesAndNobodyIsBlamed() {
        bench.runOutOfPorts("web1");
        SimulatedSocket client = bench.accept();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        bench.server().connected();
        assertThat(client.isClosed()).isFalse();
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::active)
                .containsExactly(0, 1, 0);
        expectNobodyIsBlamed();
    }

    @Test
    void withoutAPortTowardsAnyBackendEachIsTriedOnceAndNobodyIsBlamed() {
        bench.runOutOfPorts("web1", "web2", "web3");
        bench.service().maintenance(bench.service().backend("web3"));
        SimulatedSocket client = bench.accept();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.NO_RESOURCES)).isEqualTo(1);
        expectNobodyIsBlamed();
        expectAllIsReturned();
    }

    @Test
    void whoHasNoBackendLeftThatItCouldReachIsRefusedOnce() {
        bench.runOutOfPorts("web1", "web2", "web3");
        bench.accept();
        assertThat(bench.attempts()).containsExactly("web1", "web2", "web3");
        assertThat(bench.refused(RefusalReason.NO_RESOURCES)).isEqualTo(1);
        expectNobodyIsBlamed();
        expectAllIsReturned();
    }

    @Test
    void aClientThatGoesAwayTakesTheAttemptWithIt() {
        SimulatedSocket client = bench.accept();
        client.peerResets();
        assertThat(bench.server().isClosed()).isTrue();
        expectAllIsReturned();
    }

    @Test
    void anAbortResetsBothSides() {
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        Relay[] relay = new Relay[1];
        bench.lane().wheel.forEach(entry -> relay[0] = (Relay) entry);
        relay[0].abort();
        relay[0].abort();
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(bench.server().deeds()).containsExactly("RST after 0");
        expectAllIsReturned();
    }
}
