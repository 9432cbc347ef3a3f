// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long a backend took in the last one to two minutes.
 *
 * @param connect from a client's SYN to its own; null: nobody connected
 * @param firstByte from a client's first data to its own; null: there was none
 */
public record Latency(@Nullable Quantiles connect, @Nullable Quantiles firstByte) {

    /**
     * Of what was counted by powers of two: right to a factor of two at most, and to less where much was counted.
     *
     * @param count how often it was measured
     * @param median half took no longer
     * @param p99 99 of 100 took no longer
     */
    public record Quantiles(long count, Duration median, Duration p99) {

        /** @param buckets bucket n counts what took 2^n to 2^(n+1) microseconds; null if nothing was counted */
        static @Nullable Quantiles of(List<Long> buckets) {
            long count = 0;
            for (long bucket : buckets) {
                count += bucket;
            }
            return count == 0 ? null : new Quantiles(count, at(0.5, buckets, count), at(0.99, buckets, count));
        }

        /** Within a bucket as if all that it counts were spread evenly. */
        private static Duration at(double share, List<Long> buckets, long count) {
            double rank = share * count;
            double below = 0;
            for (int bucket = 0; bucket < buckets.size(); bucket++) {
                long counted = buckets.get(bucket);
                if (counted > 0 && below + counted >= rank) {
                    double from = bucket == 0 ? 0 : 1L << bucket;
                    double to = 1L << (bucket + 1);
                    double micros = from + (to - from) * (rank - below) / counted;
                    return Duration.ofNanos(Math.round(micros * 1000));
                }
                below += counted;
            }
            throw new AssertionError("the buckets hold as many as were counted");
        }
    }
}
