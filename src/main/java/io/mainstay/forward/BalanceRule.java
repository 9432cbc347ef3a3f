// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One way to choose among the candidates that are open. Keeps what it needs between choices; allocates nothing. */
interface BalanceRule<B> {

    /**
     * Chooses one that {@link Candidate#isOpen}.
     *
     * @param candidates all of them, open or not, in the order of the configuration
     * @param clientHash stands for the client; only for rules that are {@link Balance#isHashed}
     * @return null if none is open
     */
    @Nullable
    Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now);

    /** Candidates have come or gone. */
    default void onMembers(List<Candidate<B>> candidates) {}
}
