// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Balance;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.PanicConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.health.ServiceHealthConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A service of which another engine forwards flows. */
class OffloadedServiceTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final RelayBench bench = new RelayBench(2);
    private final LiveService service = bench.service();
    private final LiveBackend web1 = service.backend("web1");
    private final BackendKey key = new BackendKey("web", "web1", web1.config().address());

    private BackendView view() {
        return service.views().getFirst();
    }

    private void report(int live, int reset, int asOf) {
        service.onOffloaded(key, new OffloadedFlows(live, reset, 10, 4, 100, 5, 1000, asOf));
    }

    @Test
    void whatIsForwardedElsewhereCountsAsItsConnections() {
        report(3, 0, view().version());
        service.take(RelayBench.CLIENT);
        assertThat(web1.active()).isEqualTo(4);
        assertThat(bench.snapshot().total()).isEqualTo(10);
        assertThat(bench.snapshot().bytesOut()).isEqualTo(1000);
        service.onOffloaded(key, null);
        report(0, 0, 0);
        assertThat(bench.snapshot().total()).as("sums never fall").isEqualTo(20);
        assertThat(bench.snapshot().packetsIn()).isEqualTo(8);
        assertThat(web1.packetsOut()).isEqualTo(10);
    }

    @Test
    void aDrainWaitsForACountThatBeganAfterIt() {
        report(0, 0, view().version());
        Drain drain = service.drain(web1, MINUTE);
        assertThat(drain.isOver()).as("the count may be a second old").isFalse();
        report(0, 0, view().version() - 1);
        assertThat(drain.isOver()).isFalse();
        report(2, 0, view().version());
        assertThat(drain.isOver()).isFalse();
        report(0, 0, view().version());
        assertThat(drain.isOver()).isTrue();
    }

    @Test
    void atTheDeadlineTheOtherEngineIsToResetAndItsResetsCount() {
        report(2, 0, view().version());
        Drain drain = service.drain(web1, MINUTE);
        assertThat(view().serving()).isFalse();
        assertThat(view().failing()).as("what it has may stay").isFalse();
        assertThat(view().resetting()).isFalse();
        bench.pass(MINUTE);
        assertThat(view().resetting()).isTrue();
        report(0, 2, view().version());
        assertThat(drain.result()).isCompletedWithValue(new DrainOutcome(0, 2, false, MINUTE));
        assertThat(view().resetting()).isFalse();
    }

    @Test
    void aBackendThatIsReadyAfterMaintenanceLosesWhatItHasOnlyIfItIsFoundDown() {
        RelayBench resetting = new RelayBench(
                SelectionConfig.of(Balance.ROUND_ROBIN),
                RelayBench.backends(1, 0),
                new ServiceHealthConfig(
                        List.of(RelayBench.CHECK),
                        Optional.empty(),
                        Optional.empty(),
                        ServiceHealthConfig.OnDown.RESET));
        LiveBackend only = resetting.service().backend("web1");
        resetting.service().maintenance(only);
        resetting.service().ready(only);
        assertThat(resetting.service().views().getFirst().resetting())
                .as("nothing is known of it yet")
                .isFalse();
        resetting.check(only, false);
        assertThat(resetting.service().views().getFirst().resetting()).isTrue();
    }

    @Test
    void clientsThatWereTurnedAwayElsewhereAreShownWithItsOwn() {
        service.door().countRefused(RefusalReason.DENIED, 5);
        service.door().countRefused(RefusalReason.DENIED);
        assertThat(bench.snapshot().refused())
                .containsEntry(RefusalReason.DENIED, 6L)
                .containsEntry(RefusalReason.SERVICE_FULL, 0L);
    }

    @Test
    void aBackendThatIsLeftOutIsNotServing() {
        assertThat(view().serving()).isTrue();
        for (int i = 0; i < 3; i++) {
            bench.check(web1, false);
        }
        assertThat(view().serving()).isFalse();
        assertThat(view().failing()).isTrue();
        assertThat(view().resetting()).as("live connections are kept").isFalse();
    }

    @Test
    void whatServesInAPanicIsNotReset() {
        ServiceHealthConfig resetWhenDown = new ServiceHealthConfig(
                List.of(RelayBench.CHECK), Optional.empty(), Optional.empty(), ServiceHealthConfig.OnDown.RESET);
        SelectionConfig selection = SelectionConfig.of(Balance.ROUND_ROBIN);
        for (PanicConfig.OnPanic onPanic : List.of(PanicConfig.OnPanic.FAIL, PanicConfig.OnPanic.ALL)) {
            boolean served = onPanic == PanicConfig.OnPanic.ALL;
            RelayBench failing = new RelayBench(
                    selection.withPanic(new PanicConfig(new PanicConfig.MinHealthy(1, false), onPanic)),
                    RelayBench.backends(1, 0),
                    resetWhenDown);
            for (int i = 0; i < 3; i++) {
                failing.check(failing.service().backend("web1"), false);
            }
            BackendView view = failing.service().views().getFirst();
            assertThat(view.serving()).isEqualTo(served);
            assertThat(view.failing()).isTrue();
            assertThat(view.resetting()).isNotEqualTo(served);
        }
    }

    @Test
    void aBackendOfWhichNothingIsKnownYetKeepsWhatItHas() {
        service.maintenance(web1);
        service.ready(web1);
        assertThat(view().serving()).isFalse();
        assertThat(view().failing()).isFalse();
    }
}
