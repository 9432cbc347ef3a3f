// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;

/**
 * Holds events to a {@link Rate}, with as many at once as the rate gives in a second. Not safe for use by several threads.
 *
 * <p>Kept as the moment at which the bucket would be full (the virtual scheduling of ITU-T I.371, GCRA), so that nothing has
 * to be refilled and nothing is lost by rounding.
 */
public final class TokenBucket {

    private static final long SECOND_NANOS = 1_000_000_000L;

    private MonotonicInstant fullAt;

    /** A full bucket. */
    public TokenBucket(MonotonicInstant now) {
        fullAt = now;
    }

    /** Takes one token if there is one. */
    public boolean take(Rate rate, MonotonicInstant now) {
        if (!rate.isLimited()) {
            return true;
        }
        long intervalNanos = SECOND_NANOS / rate.perSecond();
        MonotonicInstant base = isFull(now) ? now : fullAt;
        if (base.nanosSince(now) + intervalNanos > Math.max(SECOND_NANOS, intervalNanos)) {
            return false;
        }
        fullAt = base.plusNanos(intervalNanos);
        return true;
    }

    /** Whether it is as a new one would be, so that nothing is lost when it is forgotten. */
    public boolean isFull(MonotonicInstant now) {
        return now.hasReached(fullAt);
    }
}
