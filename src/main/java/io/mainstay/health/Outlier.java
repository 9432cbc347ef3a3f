// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the connections of clients to one backend fare, and whether it is ejected for that. Not safe for use by several
 * threads.
 */
public final class Outlier {

    /** An ejection is never longer than so many times the first one. */
    static final int MOST_TIMES = 10;

    private int failuresInARow;
    private int times;
    private @Nullable MonotonicInstant until;

    /**
     * Takes in how a connection fared.
     *
     * @return whether so many in a row have failed that the backend is to be ejected
     */
    public boolean record(boolean success, OutlierConfig config) {
        failuresInARow = success ? 0 : failuresInARow + 1;
        return failuresInARow >= config.consecutiveFailures();
    }

    public int failuresInARow() {
        return failuresInARow;
    }

    /**
     * Ejects the backend. For each time that it was ejected before it takes longer, and for each ejection time that it has
     * served well since, one of them is forgotten.
     *
     * @return for how long
     */
    public Duration eject(OutlierConfig config, MonotonicInstant now) {
        if (until != null) {
            long servedWell = now.nanosSince(until) / config.ejectionTime().toNanos();
            times = (int) Math.max(times - servedWell, 0);
        }
        times = Math.min(times + 1, MOST_TIMES);
        Duration length = config.ejectionTime().multipliedBy(times);
        until = now.plus(length);
        failuresInARow = 0;
        return length;
    }

    public boolean isEjected(MonotonicInstant now) {
        return until != null && now.isBefore(until);
    }

    /** Lets the backend back at once, with a clean record. */
    public void forget() {
        failuresInARow = 0;
        times = 0;
        until = null;
    }
}
