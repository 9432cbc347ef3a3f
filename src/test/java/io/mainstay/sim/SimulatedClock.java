// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Instant;

/** A node's clock: off by a constant and too fast or slow by a rate, against true time. */
final class SimulatedClock implements MonotonicClock {

    private static final long MILLION = 1_000_000;

    private final Timeline timeline;
    private final long offsetNanos;
    private final long driftPpm;
    private long busyNanos;

    SimulatedClock(Timeline timeline, long offsetNanos, long driftPpm) {
        this.timeline = timeline;
        this.offsetNanos = offsetNanos;
        this.driftPpm = driftPpm;
    }

    @Override
    public MonotonicInstant now() {
        return at(timeline.nowNanos() + busyNanos);
    }

    /** The time of day: all clocks were set at the start and drift since. */
    Instant timeOfDay() {
        return Instant.ofEpochSecond(1_800_000_000L, now().nanosSince(at(0)));
    }

    /** What the clock shows at a true time. */
    MonotonicInstant at(long trueNanos) {
        return new MonotonicInstant(offsetNanos + trueNanos + scaled(trueNanos, driftPpm));
    }

    /** The first true time at which the clock shows the instant or more. */
    long trueNanosOf(MonotonicInstant instant) {
        long guess = instant.nanos() - offsetNanos;
        for (int i = 0; i < 3; i++) {
            guess += instant.nanosSince(at(guess));
        }
        while (at(guess).isBefore(instant)) {
            guess++;
        }
        while (at(guess - 1).hasReached(instant)) {
            guess--;
        }
        return guess;
    }

    private static long scaled(long nanos, long ppm) {
        return nanos * ppm / MILLION;
    }

    /** A call into the host takes its time: within a turn the clock goes on while true time stands. */
    void spend(long nanos) {
        busyNanos += nanos;
    }

    /** How long the calls of this turn took so far. */
    long busyNanos() {
        return busyNanos;
    }

    /** Ends a turn; how long it took. */
    long takeBusyNanos() {
        long spent = busyNanos;
        busyNanos = 0;
        return spent;
    }
}
