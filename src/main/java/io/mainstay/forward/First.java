// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Balance#FIRST}. */
final class First<B> implements BalanceRule<B> {

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).isOpen()) {
                return candidates.get(i);
            }
        }
        return null;
    }
}
