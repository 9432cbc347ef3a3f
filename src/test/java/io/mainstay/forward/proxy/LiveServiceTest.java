// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.DrainPlan;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.Tier;
import io.mainstay.forward.proxy.ProxyEvent.BackendStateChanged;
import io.mainstay.forward.proxy.ProxyEvent.DrainFinished;
import io.mainstay.forward.proxy.ProxyEvent.DrainStarted;
import io.mainstay.forward.proxy.ProxyEvent.ServiceServedBy;
import io.mainstay.forward.proxy.ProxyEvent.ServiceWithoutBackend;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LiveServiceTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final RelayBench bench = new RelayBench(2);
    private final LiveService service = bench.service();
    private final LiveBackend web1 = service.backend("web1");
    private final LiveBackend web2 = service.backend("web2");

    private void fail(LiveBackend backend) {
        for (int i = 0; i < 3; i++) {
            bench.check(backend, false);
        }
    }

    private BackendStateChanged change(String backend, BackendState from, BackendState to, String reason) {
        return new BackendStateChanged("web", backend, from, to, reason);
    }

    @Test
    void aBackendIsNotChosenBeforeItsFirstCheckHasPassed() {
        service.maintenance(web1);
        service.maintenance(web2);
        service.ready(web1);
        service.ready(web2);
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
        assertThat(service.take(RelayBench.CLIENT)).isNull();
        bench.check(web2, true);
        assertThat(service.take(RelayBench.CLIENT)).isSameAs(web2);
    }

    @Test
    void theFirstCheckIsToldEvenWhenItFails() {
        service.maintenance(web1);
        service.ready(web1);
        bench.events().clear();
        bench.check(web1, false);
        assertThat(bench.events())
                .containsExactly(
                        new BackendStateChanged("web", "web1", null, BackendState.UNHEALTHY, "check: simulated"));
    }

    @Test
    void anUnhealthyBackendGetsNoNewConnectionsAndKeepsItsOld() {
        LiveBackend first = service.take(RelayBench.CLIENT);
        assertThat(first).isSameAs(web1);
        fail(web1);
        assertThat(bench.events())
                .containsExactly(change("web1", BackendState.HEALTHY, BackendState.UNHEALTHY, "check: simulated"));
        assertThat(service.take(RelayBench.CLIENT)).isSameAs(web2);
        assertThat(service.take(RelayBench.CLIENT)).isSameAs(web2);
        assertThat(web1.active()).isEqualTo(1);
    }

    @Test
    void aServiceThatLosesItsLastBackendIsToldOnceAndWhenItHasOneAgain() {
        fail(web1);
        fail(web2);
        service.maintenance(web1);
        bench.check(web2, true);
        bench.check(web2, true);
        assertThat(bench.events().stream().filter(event -> !(event instanceof BackendStateChanged)))
                .containsExactly(
                        new ServiceWithoutBackend("web", "web2: check: simulated"),
                        new ServiceServedBy("web", Tier.HEALTHY, "web2: check: simulated"));
    }

    @Test
    void aDrainWithoutConnectionsIsOverAtOnce() {
        Drain drain = service.drain(web1, MINUTE);
        assertThat(drain.result()).isCompletedWithValue(new DrainOutcome(0, 0, false, Duration.ZERO));
        assertThat(web1.state()).isEqualTo(BackendState.DRAINING);
        assertThat(bench.events())
                .containsExactly(
                        change("web1", BackendState.HEALTHY, BackendState.DRAINING, "drain requested"),
                        new DrainStarted("web", "web1", 0, MINUTE),
                        new DrainFinished("web", "web1", new DrainOutcome(0, 0, false, Duration.ZERO)));
    }

    @Test
    void aDrainIsOverWhenTheLastConnectionEnds() {
        LiveBackend first = service.take(RelayBench.CLIENT);
        assertThat(first).isSameAs(web1);
        Drain drain = service.drain(web1, MINUTE);
        bench.pass(Duration.ofSeconds(5));
        assertThat(bench.snapshot().backends().getFirst().drain())
                .isEqualTo(new DrainStatus(1, 1, Duration.ofSeconds(55), Duration.ofSeconds(56), null, false));
        assertThat(service.take(RelayBench.CLIENT)).isSameAs(web2);
        service.giveBack(web1, RelayBench.CLIENT);
        assertThat(drain.result()).isCompletedWithValue(new DrainOutcome(1, 0, false, Duration.ofSeconds(5)));
    }

    @Test
    void aSecondDrainMovesTheDeadlineOfTheFirst() {
        service.take(RelayBench.CLIENT);
        Drain drain = service.drain(web1, MINUTE);
        bench.pass(Duration.ofSeconds(30));
        assertThat(service.drain(web1, MINUTE)).isSameAs(drain);
        assertThat(bench.snapshot().backends().getFirst().drain())
                .isEqualTo(new DrainStatus(1, 1, MINUTE, MINUTE.plusSeconds(1), null, false));
    }

    @Test
    void theOldestConnectionOfAllWorkersIsTold() {
        Drain drain = new Drain(DrainPlan.begin(new MonotonicInstant(0), MINUTE, 3), 2);
        MonotonicInstant now = new MonotonicInstant(5);
        assertThat(drain.status(3, false, now).oldest())
                .as("nobody has looked yet")
                .isNull();
        drain.noteOldest(0, 7);
        assertThat(drain.status(3, false, now).oldest()).isEqualTo(Duration.ofNanos(7));
        drain.noteOldest(1, 9);
        assertThat(drain.status(3, false, now).oldest()).isEqualTo(Duration.ofNanos(9));
        drain.noteOldest(1, Drain.NO_CONNECTION);
        assertThat(drain.status(3, false, now).oldest()).isEqualTo(Duration.ofNanos(7));
        assertThat(drain.status(0, false, now).oldest()).isNull();
    }

    @Test
    void aServiceIsDrainedWithAllItsBackendsAndThoseThatCome() {
        assertThat(service.take(RelayBench.CLIENT)).isSameAs(web1);
        Map<LiveBackend, Drain> drains = service.drain(MINUTE);
        assertThat(bench.snapshot().wish()).isEqualTo(AdminState.DRAIN);
        assertThat(drains.keySet()).containsExactly(web1, web2);
        assertThat(service.take(RelayBench.CLIENT)).isNull();
        assertThat(requireNonNull(drains.get(web2)).isOver()).isTrue();
        assertThat(requireNonNull(drains.get(web1)).isOver()).isFalse();
        service.giveBack(web1, RelayBench.CLIENT);
        assertThat(requireNonNull(drains.get(web1)).result())
                .isCompletedWithValue(new DrainOutcome(1, 0, false, Duration.ZERO));

        List<BackendConfig> three = RelayBench.backends(3, 0);
        ServiceConfig config = service.settings().config();
        List<LiveBackend> arrived = service.configure(new ProxyService(
                new ServiceConfig(
                        config.name(),
                        config.listeners(),
                        config.selection(),
                        config.drainTimeout(),
                        config.timeouts(),
                        three),
                service.settings().health(),
                service.settings().traffic()));
        bench.check(arrived.getFirst(), true);
        assertThat(arrived.getFirst().state()).isEqualTo(BackendState.DRAINING);
        assertThat(service.take(RelayBench.CLIENT)).isNull();
        service.ready();
        assertThat(service.take(RelayBench.CLIENT)).isNotNull();
    }

    @Test
    void whatIsAskedForOneBackendOutlivesWhatIsAskedForAll() {
        service.maintenance(web1);
        service.maintenance();
        assertThat(web2.state()).isEqualTo(BackendState.MAINTENANCE);
        service.ready();
        assertThat(web1.state()).isEqualTo(BackendState.MAINTENANCE);
        assertThat(web2.state()).as("nothing is known of it any more").isEqualTo(BackendState.UNHEALTHY);
        bench.check(web2, true);
        assertThat(web2.state()).isEqualTo(BackendState.HEALTHY);

        service.drain(MINUTE);
        service.ready(web1);
        assertThat(web1.state()).isEqualTo(BackendState.DRAINING);
    }

    @Test
    void aDrainOfTheServiceIsCalledOffButNotThatOfABackend() {
        service.take(RelayBench.CLIENT);
        service.take(RelayBench.CLIENT);
        Drain own = service.drain(web1, MINUTE);
        Map<LiveBackend, Drain> drains = service.drain(MINUTE);
        assertThat(drains.get(web1)).as("the same, with the new deadline").isSameAs(own);
        service.ready();
        assertThat(own.isOver()).isFalse();
        assertThat(requireNonNull(drains.get(web2)).result())
                .isCompletedWithValue(new DrainOutcome(0, 0, true, Duration.ZERO));
        assertThat(web2.state()).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void aDrainThatIsCalledOffSaysSo() {
        service.take(RelayBench.CLIENT);
        Drain drain = service.drain(web1, MINUTE);
        service.ready(web1);
        assertThat(drain.result()).isCompletedWithValue(new DrainOutcome(0, 0, true, Duration.ZERO));
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
        assertThat(bench.snapshot().backends().getFirst().drain()).isNull();
    }

    @Test
    void checksThatFailDuringADrainCountWhenItIsOver() {
        service.drain(web1, MINUTE);
        fail(web1);
        assertThat(web1.state()).isEqualTo(BackendState.DRAINING);
        service.ready(web1);
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
    }

    @Test
    void afterMaintenanceABackendHasToPassACheckAgain() {
        service.maintenance(web1);
        assertThat(web1.state()).isEqualTo(BackendState.MAINTENANCE);
        service.ready(web1);
        assertThat(web1.state()).isEqualTo(BackendState.UNHEALTHY);
        bench.check(web1, true);
        assertThat(web1.state()).isEqualTo(BackendState.HEALTHY);
    }

    @Test
    void aNameThatDoesNotExistIsAnsweredWithTheNamesThatDo() {
        assertThatThrownBy(() -> service.backend("web9"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("backend of web: web9 (expected: one of web1, web2)");
    }
}
