// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Balance#SOURCE_HASH} by weighted rendezvous (Thaler and Ravishankar, 1998): every backend draws a number from the
 * client's hash and its own, and the highest wins. When one goes, its clients alone move; when one comes or gains weight,
 * clients move to it alone. The shares are exactly those of the weights.
 */
final class SourceHash<B> implements BalanceRule<B> {

    private final SipHash hash;
    private final LoadBound bound;

    SourceHash(SipHash hash, LoadBound bound) {
        this.hash = hash;
        this.bound = bound;
    }

    @Override
    public void onMembers(List<Candidate<B>> candidates) {
        candidates.forEach(candidate -> candidate.idHash = hash.hash(candidate.id()));
    }

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        bound.measure(candidates);
        Candidate<B> best = null;
        double highest = 0;
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (candidate.isOpen() && bound.allows(candidate)) {
                double score = score(candidate, clientHash);
                if (score > highest) {
                    highest = score;
                    best = candidate;
                }
            }
        }
        return best;
    }

    /** The strict logarithm, because every node has to come to the same result. */
    private static double score(Candidate<?> candidate, long clientHash) {
        double drawn = Mixing.fraction(Mixing.mix(clientHash ^ candidate.idHash));
        return -candidate.effectiveWeight() / StrictMath.log(drawn);
    }
}
