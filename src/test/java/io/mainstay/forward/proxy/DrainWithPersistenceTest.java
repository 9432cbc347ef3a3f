// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.Balance;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.PersistenceConfig.DuringDrain;
import io.mainstay.forward.PersistenceConfig.WhenFull;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.Finding;
import io.mainstay.net.Endpoint;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Drains of a backend whose clients may come back to it meanwhile. */
class DrainWithPersistenceTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration REMEMBERED = Duration.ofMinutes(30);
    private static final Endpoint OTHER = Endpoint.parse("198.18.2.2:50000");

    private RelayBench bench = bench(DuringDrain.ALLOW, 0);

    private static RelayBench bench(DuringDrain duringDrain, int maxConnections) {
        return new RelayBench(
                SelectionConfig.of(Balance.ROUND_ROBIN)
                        .withPersistence(new PersistenceConfig(
                                AddressGrouping.DEFAULT, REMEMBERED, 100, duringDrain, WhenFull.WAIT)),
                RelayBench.backends(2, maxConnections));
    }

    private LiveService service() {
        return bench.service();
    }

    private LiveBackend web1() {
        return service().backend("web1");
    }

    private String take(Endpoint client) {
        LiveBackend taken = service().take(client);
        return taken == null ? "none" : taken.name();
    }

    /** A connection of a client that is over, so that it is remembered. */
    private void visit(Endpoint client, String backend) {
        assertThat(take(client)).isEqualTo(backend);
        service().giveBack(service().backend(backend), client);
    }

    private void check(boolean success, int times) {
        for (int i = 0; i < times; i++) {
            bench.check(web1(), success);
        }
    }

    @Test
    void aDrainIsNotOverWhileClientsMayComeBack() {
        visit(RelayBench.CLIENT, "web1");
        Drain drain = service().drain(web1(), MINUTE);
        bench.pass(Duration.ofSeconds(5));
        assertThat(drain.isOver()).isFalse();
        assertThat(bench.snapshot().backends().getFirst().drain())
                .isEqualTo(new DrainStatus(0, 0, Duration.ofSeconds(55), Duration.ofSeconds(56), null, true));
        visit(RelayBench.CLIENT, "web1");
        assertThat(drain.isOver()).isFalse();
        visit(OTHER, "web2");
    }

    @Test
    void atTheDeadlineNobodyComesBackAndTheDrainIsOver() {
        visit(RelayBench.CLIENT, "web1");
        Drain drain = service().drain(web1(), MINUTE);
        bench.pass(MINUTE);
        service().closeDrain(web1(), drain);
        assertThat(drain.result()).isCompletedWithValue(new DrainOutcome(0, 0, false, MINUTE));
        assertThat(bench.snapshot().backends().getFirst().drain())
                .isEqualTo(new DrainStatus(0, 0, Duration.ZERO, Duration.ZERO, null, false));
        visit(RelayBench.CLIENT, "web2");
    }

    @Test
    void whoIsResetAtTheDeadlineDoesNotComeBack() {
        assertThat(take(RelayBench.CLIENT)).isEqualTo("web1");
        assertThat(take(RelayBench.CLIENT)).isEqualTo("web1");
        Drain drain = service().drain(web1(), MINUTE);
        bench.pass(MINUTE);
        service().closeDrain(web1(), drain);
        assertThat(drain.isOver()).isFalse();
        service().giveBack(web1(), RelayBench.CLIENT);
        assertThat(take(RelayBench.CLIENT)).isEqualTo("web2");
        service().giveBack(web1(), RelayBench.CLIENT);
        assertThat(drain.isOver()).isTrue();
    }

    @Test
    void anotherDeadlineLetsThemComeForLonger() {
        assertThat(take(RelayBench.CLIENT)).isEqualTo("web1");
        Drain drain = service().drain(web1(), MINUTE);
        bench.pass(Duration.ofSeconds(30));
        service().drain(web1(), MINUTE);
        bench.pass(Duration.ofSeconds(40));
        service().closeDrain(web1(), drain);
        visit(RelayBench.CLIENT, "web1");
        bench.pass(Duration.ofSeconds(20));
        service().closeDrain(web1(), drain);
        assertThat(drain.isOpen()).isFalse();
        service().drain(web1(), MINUTE);
        visit(RelayBench.CLIENT, "web1");
    }

    @Test
    void aDrainIsOverWhenNobodyIsRememberedAnyMore() {
        visit(RelayBench.CLIENT, "web1");
        Drain drain = service().drain(web1(), REMEMBERED.multipliedBy(2));
        bench.pass(REMEMBERED.minusSeconds(1));
        service().finishIfEmpty(web1());
        assertThat(drain.isOver()).isFalse();
        bench.pass(Duration.ofSeconds(1));
        service().finishIfEmpty(web1());
        assertThat(drain.isOver()).isTrue();
    }

    @Test
    void aBackendWhoseChecksFailGetsNobodyBack() {
        visit(RelayBench.CLIENT, "web1");
        visit(OTHER, "web2");
        service().drain(web1(), MINUTE);
        check(false, 3);
        check(true, 2);
        visit(RelayBench.CLIENT, "web1");
        check(false, 3);
        visit(RelayBench.CLIENT, "web2");
    }

    @Test
    void aBackendWhoseAgentSaysDownGetsNobodyBack() {
        visit(RelayBench.CLIENT, "web1");
        service().drain(web1(), MINUTE);
        service().onAgent(web1(), service().settings(), Finding.passed("down"));
        visit(RelayBench.CLIENT, "web2");
    }

    @Test
    void whoWaitsForADrainingBackendGetsAnotherWhenItTakesNobodyAnyMore() {
        bench = bench(DuringDrain.ALLOW, 1);
        bench.traffic(TrafficConfig.DEFAULT.withQueue(new QueueConfig(9, REMEMBERED)));
        bench.accept();
        bench.server().connected();
        bench.queue(RelayBench.CLIENT);
        Drain drain = service().drain(web1(), MINUTE);
        bench.pass(MINUTE.minusSeconds(1));
        assertThat(bench.snapshot().waiting()).isEqualTo(1);
        bench.pass(Duration.ofSeconds(1));
        service().closeDrain(web1(), drain);
        bench.runTasks();
        assertThat(bench.snapshot().waiting()).isZero();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
    }

    @Test
    void aDrainThatIsCalledOffLeavesClientsTheirBackend() {
        visit(RelayBench.CLIENT, "web1");
        service().drain(web1(), MINUTE);
        service().ready(web1());
        visit(RelayBench.CLIENT, "web1");
        visit(OTHER, "web2");
        visit(RelayBench.CLIENT, "web1");
    }

    @Test
    void whereClientsMayNotComeBackTheDrainWaitsForNobody() {
        bench = bench(DuringDrain.REFUSE, 0);
        visit(RelayBench.CLIENT, "web1");
        assertThat(service().drain(web1(), MINUTE).isOver()).isTrue();
        visit(RelayBench.CLIENT, "web2");
    }
}
