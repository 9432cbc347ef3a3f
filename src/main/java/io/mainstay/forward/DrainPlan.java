// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;

/**
 * A drain with its deadline. What is live at the deadline is reset, spread over {@link #RESET_WINDOW} so that the clients
 * do not all come back at the same moment.
 *
 * @param started when it was asked for
 * @param deadline when the rest begins to be reset
 * @param liveAtStart connections that were live when it was asked for
 */
public record DrainPlan(MonotonicInstant started, MonotonicInstant deadline, int liveAtStart) {

    /** How long the resets at the deadline take altogether. */
    public static final Duration RESET_WINDOW = Duration.ofSeconds(1);

    /** A drain that begins now. */
    public static DrainPlan begin(MonotonicInstant now, Duration timeout, int live) {
        return new DrainPlan(now, now.plus(timeout), live);
    }

    /** The same drain with another deadline, counted from now. */
    public DrainPlan withTimeout(MonotonicInstant now, Duration timeout) {
        return new DrainPlan(started, now.plus(timeout), liveAtStart);
    }

    /** Whether the time of the live connections is over. */
    public boolean isExpired(MonotonicInstant now) {
        return now.hasReached(deadline);
    }

    /** Time until the resets begin; zero once they have. */
    public Duration remaining(MonotonicInstant now) {
        Duration left = deadline.since(now);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /**
     * When the last connection will presumably be gone, counted from now: as if they went on ending as they have since the
     * start, but not later than the resets.
     *
     * @param live connections that are left
     */
    public Duration expectedToLast(MonotonicInstant now, int live) {
        if (live == 0) {
            return Duration.ZERO;
        }
        Duration latest = longestToLast(now);
        int ended = liveAtStart - live;
        if (ended <= 0) {
            return latest;
        }
        Duration guess = now.since(started).multipliedBy(live).dividedBy(ended);
        return guess.compareTo(latest) < 0 ? guess : latest;
    }

    /** When the last connection is gone at the latest, counted from now. */
    public Duration longestToLast(MonotonicInstant now) {
        return remaining(now).plus(RESET_WINDOW);
    }

    /**
     * How many resets must have happened by now: one at the deadline, all of them at the end of the window, evenly between.
     *
     * @param overdue connections that were live at the deadline
     */
    public int resetsDue(int overdue, MonotonicInstant now) {
        if (overdue == 0 || !isExpired(now)) {
            return 0;
        }
        long elapsed = Math.min(now.nanosSince(deadline), RESET_WINDOW.toNanos());
        return 1 + (int) ((overdue - 1) * (double) elapsed / RESET_WINDOW.toNanos());
    }
}
