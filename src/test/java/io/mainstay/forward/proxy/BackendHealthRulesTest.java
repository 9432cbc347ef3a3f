// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.PanicConfig;
import io.mainstay.forward.PanicConfig.MinHealthy;
import io.mainstay.forward.PanicConfig.OnPanic;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.Tier;
import io.mainstay.forward.proxy.ProxyEvent.AgentSaid;
import io.mainstay.forward.proxy.ProxyEvent.BackendStateChanged;
import io.mainstay.forward.proxy.ProxyEvent.ServiceServedBy;
import io.mainstay.forward.proxy.ProxyEvent.ServiceWithoutBackend;
import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.Finding;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.ServiceHealthConfig.OnDown;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What checks, agents and the connections of clients make of a backend, on simulated sockets. */
class BackendHealthRulesTest {

    private static final Duration EJECTION_TIME = Duration.ofSeconds(30);

    private static final SelectionConfig SELECTION = SelectionConfig.of(Balance.ROUND_ROBIN);

    private static RelayBench bench(int backends, ServiceHealthConfig health) {
        return new RelayBench(SELECTION, RelayBench.backends(backends, 0), health);
    }

    private static ServiceHealthConfig health(OnDown onDown) {
        return new ServiceHealthConfig(List.of(RelayBench.CHECK), Optional.empty(), Optional.empty(), onDown);
    }

    private static ServiceHealthConfig outliers(int failures, int maxEjectedPercent, boolean countResets) {
        return new ServiceHealthConfig(
                List.of(RelayBench.CHECK),
                Optional.empty(),
                Optional.of(new OutlierConfig(failures, EJECTION_TIME, maxEjectedPercent, countResets)),
                OnDown.KEEP);
    }

    private static BackendState state(RelayBench bench, String backend) {
        return bench.service().backend(backend).state();
    }

    private static void agent(RelayBench bench, String backend, String line) {
        agent(bench, backend, bench.service().settings(), Finding.passed(line));
    }

    private static void agent(RelayBench bench, String backend, ProxyService asked, Finding finding) {
        bench.service().onAgent(bench.service().backend(backend), asked, finding);
    }

    /** The result of a check that was under way when the settings changed. */
    @Test
    void aResultThatCrossesAReloadIsNotBookedUnderAnotherCheck() {
        HealthCheckConfig deep = new HealthCheckConfig(
                new HealthCheckConfig.Http("/deep", "", 200, 200), Duration.ofMinutes(1), Duration.ofSeconds(3), 1, 1);
        ServiceHealthConfig both = new ServiceHealthConfig(
                List.of(RelayBench.CHECK, deep), Optional.empty(), Optional.empty(), OnDown.KEEP);
        RelayBench bench = bench(1, both);
        LiveBackend web1 = bench.service().backend("web1");
        bench.check(web1, 1, false, false);
        ProxyService before = bench.service().settings();

        bench.health(new ServiceHealthConfig(
                List.of(deep, RelayBench.CHECK), Optional.empty(), Optional.empty(), OnDown.KEEP));
        bench.check(web1, before, 0, true, false);
        assertThat(web1.state()).as("not by a check that it never passed").isEqualTo(BackendState.UNHEALTHY);
        bench.check(web1, 0, true, false);
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);

        bench.health(health(OnDown.KEEP));
        assertThat(bench.check(web1, before, 1, false, false))
                .as("of a check that is there no more")
                .isFalse();
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void aResultThatComesAfterTheChecksWereStoppedIsForgotten() {
        RelayBench bench = bench(1, health(OnDown.KEEP));
        LiveBackend web1 = bench.service().backend("web1");
        bench.service().maintenance(web1);
        bench.check(web1, true);
        bench.service().ready(web1);
        assertThat(web1.state()).as("it has to pass one first").isEqualTo(BackendState.UNHEALTHY);
    }

    @Test
    void whatAnAgentSaysThatIsAskedNoMoreDoesNotStay() {
        RelayBench bench = bench(
                1,
                new ServiceHealthConfig(
                        List.of(RelayBench.CHECK),
                        Optional.of(
                                new AgentCheckConfig(9100, Duration.ofSeconds(5), Duration.ofSeconds(1), Payload.NONE)),
                        Optional.empty(),
                        OnDown.KEEP));
        ProxyService before = bench.service().settings();
        bench.health(health(OnDown.KEEP));
        agent(bench, "web1", before, Finding.passed("drain"));
        assertThat(state(bench, "web1")).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void ofSeveralChecksEveryOneCountsAndTheOneThatFailsIsTold() {
        HealthCheckConfig http = new HealthCheckConfig(
                new HealthCheckConfig.Http("/deep", "", 200, 200), Duration.ofMinutes(1), Duration.ofSeconds(3), 2, 1);
        RelayBench bench = bench(
                1,
                new ServiceHealthConfig(
                        List.of(RelayBench.CHECK, http), Optional.empty(), Optional.empty(), OnDown.KEEP));
        LiveBackend web1 = bench.service().backend("web1");
        assertThat(bench.check(web1, 1, false, false))
                .as("worth another look soon")
                .isTrue();
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
        assertThat(bench.check(web1, 1, false, false)).isFalse();
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
        assertThat(bench.events().getFirst())
                .isEqualTo(new BackendStateChanged(
                        "web",
                        "web1",
                        BackendState.HEALTHY,
                        BackendState.UNHEALTHY,
                        "check http GET /deep: simulated"));
        bench.check(web1, 0, true, false);
        assertThat(bench.snapshot().backends().getFirst().lastCheck())
                .as("of the check that fails")
                .matches(report -> report != null && !report.success());
        bench.check(web1, 1, true, false);
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void aFailureThatIsExcusedCountsForNothing() {
        RelayBench bench = bench(1, health(OnDown.RESET));
        LiveBackend web1 = bench.service().backend("web1");
        for (int i = 0; i < 20; i++) {
            assertThat(bench.check(web1, 0, false, true))
                    .as("worth another look soon")
                    .isTrue();
        }
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
        assertThat(bench.events()).isEmpty();
        assertThat(bench.snapshot().backends().getFirst().lastCheck())
                .matches(report -> report != null && !report.success());
        for (int i = 0; i < 3; i++) {
            bench.check(web1, false);
        }
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
    }

    @Test
    void connectionsOfABackendThatIsFoundDownAreResetIfThatIsWanted() {
        for (OnDown onDown : OnDown.values()) {
            RelayBench bench = bench(2, health(onDown));
            for (int i = 0; i < 3; i++) {
                bench.check(bench.service().backend("web1"), false);
            }
            assertThat(bench.resets()).as("%s", onDown).isEqualTo(onDown == OnDown.RESET ? List.of("web1") : List.of());
        }
    }

    @Test
    void aBackendThatIsDrainedOrMaintainedKeepsItsConnectionsWhateverItsChecksSay() {
        RelayBench bench = bench(2, health(OnDown.RESET));
        LiveBackend web1 = bench.service().backend("web1");
        bench.service().drain(web1, Duration.ofMinutes(1));
        for (int i = 0; i < 3; i++) {
            bench.check(web1, false);
        }
        bench.service().maintenance(bench.service().backend("web2"));
        assertThat(bench.resets()).isEmpty();
    }

    @Test
    void anAgentAsksForLess() {
        RelayBench bench = bench(2, health(OnDown.KEEP));
        agent(bench, "web1", "25% maxconn:7");
        BackendSnapshot web1 = bench.snapshot().backends().getFirst();
        assertThat(web1.sharePercent()).isEqualTo(25);
        assertThat(web1.limit()).isEqualTo(7);
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
        assertThat(bench.events()).containsExactly(new AgentSaid("web", "web1", "25% maxconn:7"));
        agent(bench, "web1", "25% maxconn:7");
        assertThat(bench.events()).as("nothing new").hasSize(1);
    }

    @Test
    void anAgentDrainsAndMakesReadyAgain() {
        RelayBench bench = bench(2, health(OnDown.RESET));
        agent(bench, "web1", "drain");
        assertThat(state(bench, "web1")).isEqualTo(BackendState.DRAINING);
        assertThat(bench.snapshot().backends().getFirst().drain()).isNull();
        assertThat(bench.service().take(RelayBench.CLIENT))
                .isSameAs(bench.service().backend("web2"));
        assertThat(bench.resets()).isEmpty();
        agent(bench, "web1", "ready");
        assertThat(state(bench, "web1")).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void anAgentThatSaysDownIsBelievedUntilItSaysUp() {
        RelayBench bench = bench(2, health(OnDown.RESET));
        LiveBackend web1 = bench.service().backend("web1");
        agent(bench, "web1", "down # disk full");
        assertThat(bench.events())
                .containsExactly(new BackendStateChanged(
                        "web", "web1", BackendState.HEALTHY, BackendState.UNHEALTHY, "agent: down # disk full"));
        assertThat(bench.resets()).containsExactly("web1");
        bench.check(web1, true);
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
        agent(bench, "web1", bench.service().settings(), Finding.failed("connect: refused"));
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
        agent(bench, "web1", "up");
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void theOperatorGoesBeforeTheAgent() {
        RelayBench bench = bench(2, health(OnDown.KEEP));
        LiveBackend web1 = bench.service().backend("web1");
        bench.service().maintenance(web1);
        agent(bench, "web1", "ready");
        assertThat(web1.state()).isEqualTo(BackendState.MAINTENANCE);
        bench.service().drain(web1, Duration.ofMinutes(1));
        agent(bench, "web1", "50%");
        assertThat(web1.state()).isEqualTo(BackendState.DRAINING);
    }

    private static void failConnections(RelayBench bench, int count) {
        for (int i = 0; i < count; i++) {
            SimulatedSocket client = bench.accept();
            bench.server().connectFailed();
            client.peerResets();
        }
    }

    @Test
    void aBackendThatClientsCannotReachIsEjectedForAWhile() {
        RelayBench bench = bench(2, outliers(3, 50, false));
        // Each client is turned away by web1 or served by web2, as their turns come.
        while (bench.events().isEmpty()) {
            bench.accept();
            if (bench.attempts().getLast().equals("web1")) {
                bench.server().connectFailed();
            }
            bench.server().connected();
        }
        assertThat(bench.events())
                .containsExactly(new BackendStateChanged(
                        "web",
                        "web1",
                        BackendState.HEALTHY,
                        BackendState.UNHEALTHY,
                        "ejected for 30.0s: 3 connections of clients failed in a row, the last one: "
                                + SimulatedSocket.FAILURE));
        assertThat(bench.snapshot().backends().getFirst().reason()).startsWith("ejected for 30.0s");
        for (int i = 0; i < 4; i++) {
            bench.accept();
            assertThat(bench.attempts().getLast()).isEqualTo("web2");
        }
        bench.check(bench.service().backend("web1"), true);
        assertThat(state(bench, "web1"))
                .as("a check that passes does not end it")
                .isEqualTo(BackendState.UNHEALTHY);
        bench.pass(EJECTION_TIME);
        assertThat(state(bench, "web1")).isEqualTo(BackendState.HEALTHY);
        assertThat(bench.events().getLast())
                .isEqualTo(new BackendStateChanged(
                        "web", "web1", BackendState.UNHEALTHY, BackendState.HEALTHY, "ejection is over"));
    }

    @Test
    void noMoreThanTheShareThatIsAllowedIsEjected() {
        RelayBench bench = bench(2, outliers(2, 50, false));
        failConnections(bench, 20);
        assertThat(bench.snapshot().backends())
                .extracting(BackendSnapshot::state)
                .containsExactlyInAnyOrder(BackendState.HEALTHY, BackendState.UNHEALTHY);
        RelayBench single = bench(1, outliers(1, 50, false));
        failConnections(single, 5);
        assertThat(state(single, "web1")).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void aConnectionThatSucceedsEndsTheRow() {
        RelayBench bench = bench(1, outliers(2, 100, false));
        failConnections(bench, 1);
        bench.accept();
        bench.server().connected();
        failConnections(bench, 1);
        assertThat(state(bench, "web1")).isEqualTo(BackendState.HEALTHY);
        failConnections(bench, 1);
        assertThat(state(bench, "web1")).isEqualTo(BackendState.UNHEALTHY);
    }

    @Test
    void resetsBeforeAnAnswerCountOnlyIfThatIsWanted() {
        for (boolean countResets : new boolean[] {false, true}) {
            RelayBench bench = bench(1, outliers(2, 100, countResets));
            for (int i = 0; i < 2; i++) {
                bench.accept();
                bench.server().connected();
                bench.server().peerResets();
            }
            assertThat(state(bench, "web1"))
                    .as("counted: %s", countResets)
                    .isEqualTo(countResets ? BackendState.UNHEALTHY : BackendState.HEALTHY);
        }
    }

    @Test
    void aResetAfterAnAnswerAndAnEndOfTheClientAreNoFailures() {
        RelayBench bench = bench(1, outliers(1, 100, true));
        bench.accept();
        bench.server().connected();
        bench.server().arrive((byte) 'x');
        bench.server().peerResets();
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        client.peerResets();
        assertThat(state(bench, "web1")).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void theOperatorEndsAnEjection() {
        RelayBench bench = bench(1, outliers(1, 100, false));
        failConnections(bench, 1);
        assertThat(state(bench, "web1")).isEqualTo(BackendState.UNHEALTHY);
        bench.service().ready(bench.service().backend("web1"));
        assertThat(state(bench, "web1")).isEqualTo(BackendState.HEALTHY);
        failConnections(bench, 1);
        bench.pass(EJECTION_TIME.minusSeconds(1));
        assertThat(state(bench, "web1")).as("the timer of the first one").isEqualTo(BackendState.UNHEALTHY);
    }

    @Test
    void aPanicIsToldAndItsEnd() {
        RelayBench bench = new RelayBench(
                SELECTION.withPanic(new PanicConfig(new MinHealthy(2, false), OnPanic.ALL)), RelayBench.backends(2, 0));
        LiveBackend web1 = bench.service().backend("web1");
        for (int i = 0; i < 3; i++) {
            bench.check(web1, false);
        }
        assertThat(bench.snapshot().tier()).isEqualTo(Tier.ALL);
        assertThat(bench.service().take(RelayBench.CLIENT)).isNotNull();
        bench.check(web1, true);
        bench.check(web1, true);
        assertThat(bench.events().stream().filter(event -> !(event instanceof BackendStateChanged)))
                .containsExactly(
                        new ServiceServedBy("web", Tier.ALL, "web1: check: simulated"),
                        new ServiceServedBy("web", Tier.HEALTHY, "web1: check: simulated"));
    }

    @Test
    void aServiceThatRefusesInPanicIsWithoutBackend() {
        RelayBench bench = new RelayBench(
                SELECTION.withPanic(new PanicConfig(new MinHealthy(2, false), OnPanic.FAIL)),
                RelayBench.backends(2, 0));
        bench.service().maintenance(bench.service().backend("web1"));
        assertThat(bench.service().take(RelayBench.CLIENT)).isNull();
        assertThat(bench.events().getLast()).isEqualTo(new ServiceWithoutBackend("web", "web1: maintenance requested"));
    }
}
