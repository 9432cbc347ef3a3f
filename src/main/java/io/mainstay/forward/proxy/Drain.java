// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.DrainPlan;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A drain under way, or one that is done while its backend still takes nothing new. */
final class Drain {

    private final AtomicInteger resets = new AtomicInteger();
    private final CompletableFuture<DrainOutcome> result = new CompletableFuture<>();
    private volatile DrainPlan plan;
    private volatile boolean over;

    Drain(DrainPlan plan) {
        this.plan = plan;
    }

    DrainPlan plan() {
        return plan;
    }

    void setPlan(DrainPlan newPlan) {
        plan = newPlan;
    }

    /** Whether nothing is left to be drained, or somebody has called it off. */
    boolean isOver() {
        return over;
    }

    void countReset() {
        resets.incrementAndGet();
    }

    /** Completed by the control thread, see {@link LiveService}. */
    CompletableFuture<DrainOutcome> result() {
        return result;
    }

    DrainStatus status(int live, MonotonicInstant now) {
        return new DrainStatus(plan.liveAtStart(), live, plan.remaining(now));
    }

    /** Ends the drain and tells how it went. */
    DrainOutcome finish(int stillLive, MonotonicInstant now) {
        over = true;
        int reset = resets.get();
        int finishedThemselves = Math.max(plan.liveAtStart() - reset - stillLive, 0);
        Duration duration = now.since(plan.started());
        return new DrainOutcome(finishedThemselves, reset, stillLive > 0, duration);
    }
}
