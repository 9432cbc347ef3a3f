// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Balance#LEAST_LATENCY}: the cost of a backend is the time in which it answers ({@link PeakEwma}) times the
 * connections it would have, for its weight. One that was never measured is tried by one connection at a time, and after
 * that counts as worse than any that was.
 */
final class LeastLatency<B> implements BalanceRule<B> {

    /** Above any cost of a backend that was measured. */
    private static final double UNMEASURED = 1e30;

    private final Turns<B> turns = new Turns<>();

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        double least = Double.POSITIVE_INFINITY;
        turns.begin();
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (!candidate.isOpen()) {
                continue;
            }
            double cost = candidate.cost(now, UNMEASURED);
            if (cost < least) {
                least = cost;
                turns.begin();
            }
            if (cost == least) {
                turns.admit(candidate);
            }
        }
        return turns.take();
    }
}
