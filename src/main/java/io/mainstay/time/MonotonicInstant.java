// SPDX-License-Identifier: Apache-2.0
package io.mainstay.time;

import java.time.Duration;
import java.util.Optional;

/**
 * A point on a clock that never steps back, meaningful only against other points of the same clock.
 *
 * <p>Compared by difference, so that an overflowing counter orders rightly as long as two points are less than 146 years
 * apart.
 *
 * @param nanos nanoseconds since an arbitrary origin
 */
public record MonotonicInstant(long nanos) implements Comparable<MonotonicInstant> {

    public MonotonicInstant plus(Duration duration) {
        return new MonotonicInstant(nanos + duration.toNanos());
    }

    public MonotonicInstant plusNanos(long moreNanos) {
        return new MonotonicInstant(nanos + moreNanos);
    }

    /** How long ago {@code earlier} was; negative if it is still to come. */
    public Duration since(MonotonicInstant earlier) {
        return Duration.ofNanos(nanosSince(earlier));
    }

    /** As {@link #since}, in nanoseconds. */
    public long nanosSince(MonotonicInstant earlier) {
        return nanos - earlier.nanos;
    }

    public boolean isBefore(MonotonicInstant other) {
        return nanos - other.nanos < 0;
    }

    /** Whether a deadline at {@code deadline} has come: this instant is it, or later. */
    public boolean hasReached(MonotonicInstant deadline) {
        return nanos - deadline.nanos >= 0;
    }

    public static MonotonicInstant earlierOf(MonotonicInstant a, MonotonicInstant b) {
        return b.isBefore(a) ? b : a;
    }

    /** The earlier of two, either of which may be none. */
    public static Optional<MonotonicInstant> earliest(Optional<MonotonicInstant> a, Optional<MonotonicInstant> b) {
        return a.isPresent() && b.isPresent() ? Optional.of(earlierOf(a.get(), b.get())) : a.or(() -> b);
    }

    @Override
    public int compareTo(MonotonicInstant other) {
        return Long.signum(nanos - other.nanos);
    }
}
