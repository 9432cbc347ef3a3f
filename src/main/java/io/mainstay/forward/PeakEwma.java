// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a backend takes to answer: a moving average by time that jumps to every peak at once and forgets it over
 * {@link #MEMORY}. It sinks while nothing is heard, so that a backend which was slow once is tried again.
 */
final class PeakEwma {

    /** After this long a measurement counts for a little more than a third. */
    static final Duration MEMORY = Duration.ofSeconds(10);

    private double nanos;
    private @Nullable MonotonicInstant last;

    void observe(Duration sample, MonotonicInstant now) {
        double sampleNanos = Math.max(sample.toNanos(), 1);
        double keep = keep(now);
        nanos = sampleNanos >= nanos ? sampleNanos : nanos * keep + sampleNanos * (1 - keep);
        last = now;
    }

    boolean isUnknown() {
        return last == null;
    }

    /** In nanoseconds; 0 if nothing was measured yet. */
    double nanosAt(MonotonicInstant now) {
        return nanos * keep(now);
    }

    Duration estimate(MonotonicInstant now) {
        return Duration.ofNanos((long) nanosAt(now));
    }

    private double keep(MonotonicInstant now) {
        return last == null ? 0 : Math.exp(-(double) Math.max(now.nanosSince(last), 0) / MEMORY.toNanos());
    }
}
