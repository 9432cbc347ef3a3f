// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Balance#RANDOM_TWO}. Unlike the least busy of all, which several balancers would all choose at the same time, the
 * better of two spreads what they do without knowing of each other (Mitzenmacher, 2001).
 */
final class RandomTwo<B> implements BalanceRule<B> {

    private long random;

    /** @param seed where the row of random numbers starts */
    RandomTwo(long seed) {
        random = seed;
    }

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        Candidate<B> first = draw(candidates, null);
        if (first == null) {
            return null;
        }
        Candidate<B> second = draw(candidates, first);
        return second != null && second.isLessBusyThan(first) ? second : first;
    }

    /** One of those that are open, each as likely as its weight says. */
    private @Nullable Candidate<B> draw(List<Candidate<B>> candidates, @Nullable Candidate<B> without) {
        long sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            sum += candidate.isOpen() && candidate != without ? candidate.effectiveWeight() : 0;
        }
        random = Mixing.next(random);
        long left = (long) (Mixing.fraction(Mixing.mix(random)) * sum);
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (candidate.isOpen() && candidate != without) {
                left -= candidate.effectiveWeight();
                if (left < 0) {
                    return candidate;
                }
            }
        }
        return null;
    }
}
