// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.DrainPlan;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** A drain under way, or one that is done while its backend still takes nothing new. */
final class Drain {

    /** Of a worker that has none. */
    static final long NO_CONNECTION = -1;

    private final AtomicInteger resets = new AtomicInteger();
    private final CompletableFuture<DrainOutcome> result = new CompletableFuture<>();
    private final AtomicLongArray oldestOfWorkers;
    private volatile DrainPlan plan;
    private volatile boolean closed;
    private volatile boolean over;
    private boolean watched;

    Drain(DrainPlan plan, int workers) {
        this.plan = plan;
        oldestOfWorkers = new AtomicLongArray(workers);
        for (int i = 0; i < workers; i++) {
            oldestOfWorkers.set(i, NO_CONNECTION);
        }
    }

    DrainPlan plan() {
        return plan;
    }

    /** Goes on with another deadline, which is to come. */
    void setPlan(DrainPlan newPlan) {
        plan = newPlan;
        closed = false;
    }

    /** Whether a client that the backend has already may still come, as far as its service lets it: until the deadline. */
    boolean isOpen() {
        return !closed && !over;
    }

    /** The deadline has passed. */
    void close() {
        closed = true;
    }

    /** Whether nothing is left to be drained, or somebody has called it off. */
    boolean isOver() {
        return over;
    }

    /** Whether nobody watches it yet, so that the caller is the one who does. Control thread. */
    boolean beginWatch() {
        boolean first = !watched;
        watched = true;
        return first;
    }

    void countReset() {
        countResets(1);
    }

    void countResets(int more) {
        resets.addAndGet(more);
    }

    /** Completed by the control thread, see {@link LiveService}. */
    CompletableFuture<DrainOutcome> result() {
        return result;
    }

    /** Takes in the age of the oldest connection that a worker has left. */
    void noteOldest(int worker, long ageNanos) {
        oldestOfWorkers.set(worker, ageNanos);
    }

    private @Nullable Duration oldest(int live) {
        long oldest = NO_CONNECTION;
        for (int i = 0; i < oldestOfWorkers.length(); i++) {
            oldest = Math.max(oldest, oldestOfWorkers.get(i));
        }
        return live == 0 || oldest == NO_CONNECTION ? null : Duration.ofNanos(oldest);
    }

    /** @param clientsMayReturn whether it goes on without any connection, since clients may come back */
    DrainStatus status(int live, boolean clientsMayReturn, MonotonicInstant now) {
        return new DrainStatus(
                plan.liveAtStart(),
                live,
                plan.remaining(now),
                clientsMayReturn ? plan.longestToLast(now) : plan.expectedToLast(now, live),
                oldest(live),
                clientsMayReturn);
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
