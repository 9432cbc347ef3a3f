// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.List;

/**
 * How many connections a backend may have before its clients are sent on: its share of all connections, the new one
 * included, and a margin (Mirrokni, Thorup and Zadimoghaddam, 2018). With any margin at least one backend is below its
 * bound, so that a client always finds one.
 */
final class LoadBound {

    private final int percent;
    private long connections;
    private long weights;

    /** @param percent of the share; 0: there is no bound */
    LoadBound(int percent) {
        this.percent = percent;
    }

    /** Takes the connections in as they are now. */
    <B> void measure(List<Candidate<B>> candidates) {
        if (percent == 0) {
            return;
        }
        connections = 1;
        weights = 0;
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (candidate.isOpen()) {
                connections += candidate.active();
                weights += candidate.effectiveWeight();
            }
        }
    }

    /** Whether one connection more keeps the candidate within its bound, rounded up. */
    <B> boolean allows(Candidate<B> candidate) {
        return percent == 0 || candidate.active() * weights * 100 < percent * connections * candidate.effectiveWeight();
    }
}
