// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A node that was started without a guard: nobody takes its lease away, and nobody acts or speaks for it. */
public final class NoGuard implements Guard {

    @Override
    public boolean arm(MonotonicInstant deadline) {
        return true;
    }

    @Override
    public void disarm() {}

    @Override
    public int holding(List<GuardedRouter> routers) {
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
        return Optional.empty();
    }

    @Override
    public void acknowledge() {}
}
