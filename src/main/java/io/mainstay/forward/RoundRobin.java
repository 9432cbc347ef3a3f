// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Balance#ROUND_ROBIN}. */
final class RoundRobin<B> implements BalanceRule<B> {

    private final Turns<B> turns = new Turns<>();

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        turns.begin();
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).isOpen()) {
                turns.admit(candidates.get(i));
            }
        }
        return turns.take();
    }
}
