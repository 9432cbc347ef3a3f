// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Balance#LEAST_CONN}. */
final class LeastConn<B> implements BalanceRule<B> {

    private final Turns<B> turns = new Turns<>();

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        Candidate<B> least = null;
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (candidate.isOpen() && (least == null || candidate.isLessBusyThan(least))) {
                least = candidate;
            }
        }
        if (least == null) {
            return null;
        }
        turns.begin();
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (candidate.isOpen() && candidate.isAsBusyAs(least)) {
                turns.admit(candidate);
            }
        }
        return turns.take();
    }
}
