// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backends of one service and the choice among them. Not safe for use by several threads; a choice takes time in
 * proportion to the number of backends and allocates nothing.
 *
 * @param <B> what the owner calls a backend
 */
public final class BackendPool<B> {

    private Balance balance;
    private final List<Candidate<B>> candidates = new ArrayList<>();

    public BackendPool(Balance balance) {
        this.balance = balance;
    }

    /** Adds a backend, which may not be chosen until it is made eligible. */
    public Candidate<B> add(B backend, int weight) {
        Candidate<B> candidate = new Candidate<>(backend, weight);
        candidates.add(candidate);
        return candidate;
    }

    /** Takes a backend out that has no connections left. */
    public void remove(Candidate<B> candidate) {
        candidates.remove(candidate);
    }

    /** Chooses in another way from now on. */
    public void setBalance(Balance newBalance) {
        balance = newBalance;
    }

    /** Whether a new connection could be given to any backend. */
    public boolean hasEligible() {
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).isEligible()) {
                return true;
            }
        }
        return false;
    }

    /** Connections of all backends, eligible or not. */
    public int active() {
        int sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += candidates.get(i).active();
        }
        return sum;
    }

    /**
     * Chooses a backend for a new connection. The caller reports the connection by {@link Candidate#connectionStarted}.
     *
     * @param tried those that this connection has tried in vain; none of them is chosen while another is eligible
     * @return null if no backend is eligible
     */
    public @Nullable Candidate<B> choose(Collection<Candidate<B>> tried) {
        Candidate<B> chosen = chooseOutside(tried);
        return chosen == null && !tried.isEmpty() ? chooseOutside(List.of()) : chosen;
    }

    private @Nullable Candidate<B> chooseOutside(Collection<Candidate<B>> tried) {
        return switch (balance) {
            case ROUND_ROBIN -> takeTurn(tried, null);
            case LEAST_CONN -> {
                Candidate<B> leastBusy = leastBusy(tried);
                yield leastBusy == null ? null : takeTurn(tried, leastBusy);
            }
        };
    }

    private @Nullable Candidate<B> leastBusy(Collection<Candidate<B>> tried) {
        Candidate<B> least = null;
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (isOpen(candidate, tried) && (least == null || candidate.isLessBusyThan(least))) {
                least = candidate;
            }
        }
        return least;
    }

    /**
     * Weighted round robin that spreads evenly: in each turn every backend gains its weight in credit, the one with most
     * credit is chosen and pays the sum of all weights. Weights 2 and 1 give A B A, not A A B, and any run of as many turns
     * as the sum of the weights gives each backend exactly its weight.
     *
     * @param peer if not null, only those as busy as this one take part
     */
    private @Nullable Candidate<B> takeTurn(Collection<Candidate<B>> tried, @Nullable Candidate<B> peer) {
        Candidate<B> richest = null;
        int sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            Candidate<B> candidate = candidates.get(i);
            if (!isOpen(candidate, tried) || (peer != null && !candidate.isAsBusyAs(peer))) {
                continue;
            }
            candidate.credit += candidate.weight();
            sum += candidate.weight();
            if (richest == null || candidate.credit > richest.credit) {
                richest = candidate;
            }
        }
        if (richest != null) {
            richest.credit -= sum;
        }
        return richest;
    }

    private boolean isOpen(Candidate<B> candidate, Collection<Candidate<B>> tried) {
        return candidate.isEligible() && (tried.isEmpty() || !tried.contains(candidate));
    }
}
