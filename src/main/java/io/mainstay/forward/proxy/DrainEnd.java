// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.DrainPlan;
import io.mainstay.time.MonotonicClock;
import java.time.Duration;
import java.util.List;

/**
 * Resets what one worker still has of a backend whose drain has come to its deadline, spread over
 * {@link DrainPlan#RESET_WINDOW}. Runs on the thread of that worker.
 */
final class DrainEnd implements Runnable {

    private static final long STEP_NANOS = Duration.ofMillis(50).toNanos();

    private final Worker worker;
    private final LiveBackend backend;
    private final Drain drain;
    private final MonotonicClock clock;
    private List<Flow> overdue = List.of();
    private int dealtWith;
    private boolean begun;

    DrainEnd(Worker worker, LiveBackend backend, Drain drain, MonotonicClock clock) {
        this.worker = worker;
        this.backend = backend;
        this.drain = drain;
        this.clock = clock;
    }

    @Override
    public void run() {
        if (!begun) {
            begun = true;
            overdue = worker.flows(this::isOverdue);
        }
        int due = drain.plan().resetsDue(overdue.size(), clock.now());
        while (dealtWith < due && !drain.isOver()) {
            Flow flow = overdue.get(dealtWith++);
            // It may have ended by itself, or gone on to another backend, while it waited for its turn.
            if (!flow.hasEnded() && isOverdue(flow)) {
                drain.countReset();
                flow.abort();
            }
        }
        if (dealtWith < overdue.size() && !drain.isOver()) {
            worker.executeAfter(this, STEP_NANOS);
        }
    }

    private boolean isOverdue(Flow flow) {
        return flow.backend() == backend;
    }
}
