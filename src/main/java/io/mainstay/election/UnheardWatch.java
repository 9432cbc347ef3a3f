// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Notices that another router goes on as Active although it loses the comparison: it cannot hear this node, which can hear it.
 * On a sound link such a contention ends with the next advertisement. Belongs to one virtual router.
 */
final class UnheardWatch {

    /** In active-down intervals of the other: long against a contention, short against an outage that people notice. */
    private static final int PATIENCE = 3;

    /** After so many intervals without a word from it the other has stepped back, and a contention begins anew. */
    private static final int PAUSE_INTERVALS = 3;

    private @Nullable MonotonicInstant since;
    private @Nullable MonotonicInstant last;

    /**
     * This node is Active, and hears another one.
     *
     * @param interval that the other advertises
     * @param activeDownInterval after which a node misses the other
     * @return how long that has gone on, if it is too long; then it is forgotten
     */
    @Nullable
    Duration onContention(Duration interval, Duration activeDownInterval, MonotonicInstant now) {
        boolean goesOn = last != null && now.since(last).compareTo(interval.multipliedBy(PAUSE_INTERVALS)) < 0;
        MonotonicInstant start = goesOn && since != null ? since : now;
        since = start;
        last = now;
        Duration lasted = now.since(start);
        if (lasted.compareTo(activeDownInterval.multipliedBy(PATIENCE)) < 0) {
            return null;
        }
        since = null;
        last = null;
        return lasted;
    }
}
