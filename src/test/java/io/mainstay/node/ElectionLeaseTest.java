// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ElectionLeaseTest {

    private static final GuardedRouter WEB = new GuardedRouter(
            0, new InterfaceName("eth0"), 2, List.of(VirtualAddress.parse("198.18.0.100/24")), List.of(), List.of());

    private MonotonicInstant now = new MonotonicInstant(1_000_000_000);
    private final RecordingGuard guard = new RecordingGuard();
    private final ElectionLease lease = new ElectionLease(guard, () -> now, Duration.ofMillis(100));

    @Test
    void nothingIsArmedWhileNothingIsHeld() {
        assertThat(lease.renew()).isTrue();
        assertThat(lease.nextRenewal()).isEmpty();
        assertThat(guard.calls).isEmpty();
    }

    @Test
    void theGuardKnowsWhatToGiveUpBeforeTheLeaseRuns() {
        lease.holding(List.of(WEB));
        assertThat(lease.renew()).isTrue();
        assertThat(guard.calls).containsExactly("holding 1", "arm +200ms");
    }

    @Test
    void theSameListIsToldOnce() {
        lease.holding(List.of(WEB));
        lease.holding(List.of(WEB));
        assertThat(guard.calls).containsExactly("holding 1");
    }

    @Test
    void theLeaseIsGivenBackWhenTheLastAddressIsGone() {
        lease.holding(List.of(WEB));
        lease.renew();
        lease.holding(List.of());
        assertThat(guard.calls).containsExactly("holding 1", "arm +200ms", "holding 0", "disarm");
        assertThat(lease.nextRenewal()).isEmpty();
    }

    @Test
    void itIsRenewedWellBeforeItEnds() {
        lease.holding(List.of(WEB));
        assertThat(lease.nextRenewal().orElseThrow().since(now)).isEqualTo(Duration.ofMillis(50));
    }

    @Test
    void aFencedNodeMayNotGoOnUntilItHasAcknowledged() {
        lease.holding(List.of(WEB));
        guard.fence = Optional.of(new Fence(Fence.Reason.DEADLINE_MISSED, now, Duration.ofMillis(7)));
        assertThat(lease.renew()).isFalse();
        assertThat(lease.fenced()).isPresent();
        lease.acknowledge();
        assertThat(lease.renew()).isTrue();
        assertThat(lease.nextRenewal()).isEmpty();
    }

    @Test
    void itsLengthFollowsTheIntervalWithinBounds() {
        assertThat(ElectionLease.length(Duration.ofMillis(10))).isEqualTo(Duration.ofMillis(100));
        assertThat(ElectionLease.length(Duration.ofMillis(150))).isEqualTo(Duration.ofMillis(300));
        assertThat(ElectionLease.length(Duration.ofSeconds(1))).isEqualTo(Duration.ofMillis(500));
    }

    private final class RecordingGuard implements Guard {

        private final List<String> calls = new ArrayList<>();
        private Optional<Fence> fence = Optional.empty();

        @Override
        public boolean arm(MonotonicInstant deadline) {
            calls.add("arm +" + deadline.since(now).toMillis() + "ms");
            return fence.isEmpty();
        }

        @Override
        public void disarm() {
            calls.add("disarm");
        }

        @Override
        public int holding(List<GuardedRouter> routers) {
            calls.add("holding " + routers.size());
            return 0;
        }

        @Override
        public void standInFrom(int number, Duration interval, Optional<MonotonicInstant> overdue) {}

        @Override
        public StoodIn stoodIn(int number) {
            return StoodIn.NEVER;
        }

        @Override
        public Optional<Fence> fenced() {
            return fence;
        }

        @Override
        public void acknowledge() {
            fence = Optional.empty();
        }
    }
}
