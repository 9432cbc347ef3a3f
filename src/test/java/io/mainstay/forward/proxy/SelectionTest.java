// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.Balance;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The choice of a backend as connections feed it. */
class SelectionTest {

    private static final byte[] OCTETS = "octets".getBytes(US_ASCII);

    private static final Duration SLOW_START = Duration.ofMinutes(10);

    private static Duration latency(RelayBench bench, String backend) {
        return bench.service().backend(backend).candidate().latency(bench.now());
    }

    @Test
    void theTimeToAnswerRunsFromTheQuestionOfTheClientAndCountsTheConnect() {
        RelayBench bench = new RelayBench(Balance.LEAST_LATENCY, 1);
        SimulatedSocket client = bench.accept();
        bench.pass(Duration.ofMillis(30));
        bench.server().connected();
        bench.pass(Duration.ofSeconds(2));
        client.arrive(OCTETS);
        bench.pass(Duration.ofMillis(200));
        client.arrive(OCTETS);
        bench.pass(Duration.ofMillis(50));
        assertThat(latency(bench, "web1")).isZero();
        bench.server().arrive(OCTETS);
        assertThat(latency(bench, "web1")).isEqualTo(Duration.ofMillis(280));
    }

    @Test
    void theTimeToAnswerOfOneThatSpeaksFirstRunsFromTheConnection() {
        RelayBench bench = new RelayBench(Balance.LEAST_LATENCY, 1);
        bench.accept();
        bench.pass(Duration.ofMillis(10));
        bench.server().connected();
        bench.pass(Duration.ofMillis(5));
        bench.server().arrive(OCTETS);
        assertThat(latency(bench, "web1")).isEqualTo(Duration.ofMillis(15));
    }

    @Test
    void onlyTheFirstAnswerOfAConnectionIsMeasured() {
        RelayBench bench = new RelayBench(Balance.LEAST_LATENCY, 1);
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        bench.pass(Duration.ofMillis(5));
        bench.server().arrive(OCTETS);
        client.arrive(OCTETS);
        bench.pass(Duration.ofMillis(900));
        bench.server().arrive(OCTETS);
        assertThat(latency(bench, "web1")).isLessThan(Duration.ofMillis(6));
    }

    @Test
    void aRefusalIsNoQuickAnswer() {
        RelayBench bench = new RelayBench(Balance.LEAST_LATENCY, 2);
        bench.accept();
        String refusing = bench.attempts().getLast();
        bench.server().connectFailed();
        assertThat(latency(bench, refusing)).isEqualTo(RelayBench.CONNECT_TIMEOUT);
        assertThat(bench.attempts().getLast()).isNotEqualTo(refusing);
    }

    @Test
    void nothingIsMeasuredForServicesThatDoNotAsk() {
        RelayBench bench = new RelayBench(Balance.LEAST_CONN, 1);
        bench.accept();
        bench.server().connected();
        bench.pass(Duration.ofMillis(5));
        bench.server().arrive(OCTETS);
        assertThat(latency(bench, "web1")).isZero();
    }

    @Test
    void aServiceWhoseBackendsAreAllFullSaysSo() {
        RelayBench bench = new RelayBench(SelectionConfig.of(Balance.LEAST_CONN), RelayBench.backends(2, 1));
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        bench.accept();
        assertThat(bench.service().take(RelayBench.CLIENT)).isNull();
        assertThat(bench.service().reasonForNone()).isEqualTo(RefusalReason.BACKENDS_FULL);
        client.peerResets();
        assertThat(bench.service().take(RelayBench.CLIENT)).isNotNull();
        bench.service().maintenance(bench.service().backend("web1"));
        bench.service().maintenance(bench.service().backend("web2"));
        assertThat(bench.service().take(RelayBench.CLIENT)).isNull();
        assertThat(bench.service().reasonForNone()).isEqualTo(RefusalReason.NO_BACKEND);
    }

    @Test
    void aConnectionThatMovesOnLeavesItsPlaceToAnother() {
        RelayBench bench = new RelayBench(SelectionConfig.of(Balance.FIRST), RelayBench.backends(2, 1));
        bench.accept();
        bench.server().connectFailed();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        assertThat(bench.service().backend("web1").active()).isZero();
        assertThat(bench.service().backend("web2").active()).isEqualTo(1);
    }

    @Test
    void aClientKeepsTheBackendThatItReachedAndIsRememberedFromItsEndOn() {
        Duration timeout = Duration.ofMinutes(1);
        RelayBench bench = new RelayBench(
                SelectionConfig.of(Balance.ROUND_ROBIN)
                        .withPersistence(new PersistenceConfig(
                                AddressGrouping.DEFAULT, timeout, 10, PersistenceConfig.DuringDrain.REFUSE)),
                RelayBench.backends(3, 0));
        SimulatedSocket client = bench.accept();
        bench.server().connectFailed();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        bench.server().connected();
        bench.pass(timeout.multipliedBy(3));
        client.peerResets();
        bench.pass(timeout.minusSeconds(1));
        bench.accept();
        assertThat(bench.attempts()).containsExactly("web1", "web2", "web2");
    }

    @Test
    void aShareGrowsSlowlyAfterAFailureAndAfterADrainButNotAtTheStart() {
        RelayBench bench = new RelayBench(
                SelectionConfig.of(Balance.ROUND_ROBIN).withSlowStart(SLOW_START), RelayBench.backends(3, 0));
        assertThat(bench.service().backends())
                .allMatch(backend -> backend.candidate().sharePercent() == 100);
        LiveBackend failed = bench.service().backend("web1");
        for (int i = 0; i < 3; i++) {
            bench.check(failed, false);
        }
        bench.check(failed, true);
        bench.check(failed, true);
        LiveBackend drained = bench.service().backend("web2");
        bench.service().drain(drained, Duration.ZERO);
        bench.service().ready(drained);
        LiveBackend maintained = bench.service().backend("web3");
        bench.service().maintenance(maintained);
        bench.service().ready(maintained);
        bench.check(maintained, true);
        assertThat(bench.service().backends())
                .allMatch(backend -> backend.candidate().sharePercent() == 10);
        bench.pass(SLOW_START);
        bench.service().take(RelayBench.CLIENT);
        assertThat(bench.service().backends())
                .allMatch(backend -> backend.candidate().sharePercent() == 100);
    }

    @Test
    void aShareGrowsSlowlyOfABackendThatWasDownAtItsFirstCheck() {
        SelectionConfig selection = SelectionConfig.of(Balance.ROUND_ROBIN).withSlowStart(SLOW_START);
        RelayBench bench = new RelayBench(selection, RelayBench.backends(1, 0));
        LiveBackend added = bench.addBackend();
        bench.check(added, false);
        bench.pass(Duration.ofHours(1));
        bench.check(added, true);
        bench.check(added, true);
        assertThat(added.candidate().sharePercent()).isEqualTo(10);
        LiveBackend upAtOnce = bench.addBackend();
        bench.check(upAtOnce, true);
        assertThat(upAtOnce.candidate().sharePercent()).isEqualTo(100);
    }
}
