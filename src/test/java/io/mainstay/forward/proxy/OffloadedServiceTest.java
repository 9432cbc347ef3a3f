// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.RefusalReason;
import java.time.Duration;
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
        assertThat(view().resetting()).isFalse();
        bench.pass(MINUTE);
        assertThat(view().resetting()).isTrue();
        report(0, 2, view().version());
        assertThat(drain.result()).isCompletedWithValue(new DrainOutcome(0, 2, false, MINUTE));
        assertThat(view().resetting()).isFalse();
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
        assertThat(view().resetting()).as("live connections are kept").isFalse();
    }
}
