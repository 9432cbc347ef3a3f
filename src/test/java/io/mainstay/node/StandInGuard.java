// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.StoodIn;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A guard that grants everything until a test has it fence, and says to have spoken what a test wants. */
final class StandInGuard implements Guard {

    StoodIn stoodIn = StoodIn.NEVER;
    Optional<MonotonicInstant> overdue = Optional.empty();
    Duration interval = Duration.ZERO;
    List<GuardedRouter> held = List.of();

    /** How often it was told what is held. */
    int lists;

    /** For how many routers it says that it has no room. */
    int unguarded;

    private Optional<Fence> fence = Optional.empty();

    void fence(MonotonicInstant now) {
        fence = Optional.of(new Fence(Fence.Reason.DEADLINE_MISSED, now, Duration.ZERO));
    }

    @Override
    public boolean arm(MonotonicInstant deadline) {
        return fence.isEmpty();
    }

    @Override
    public void disarm() {}

    @Override
    public int holding(List<GuardedRouter> routers) {
        held = routers;
        lists++;
        return unguarded;
    }

    @Override
    public void standInFrom(int number, Duration every, Optional<MonotonicInstant> from) {
        overdue = from;
        interval = every;
    }

    @Override
    public StoodIn stoodIn(int number) {
        return stoodIn;
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
