// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weighted turns, spread evenly: in each turn every participant gains its weight in credit, the one with most credit is
 * chosen and pays the sum of all weights. Weights 2 and 1 give A B A, not A A B, and any run of as many turns as the sum of
 * the weights gives each participant exactly its weight.
 */
final class Turns<B> {

    private final List<Candidate<B>> participants = new ArrayList<>();

    /** Begins a turn without participants. */
    void begin() {
        participants.clear();
    }

    void admit(Candidate<B> participant) {
        participants.add(participant);
    }

    /** Whose turn it is; null if nobody takes part. */
    @Nullable
    Candidate<B> take() {
        Candidate<B> richest = null;
        long sum = 0;
        for (int i = 0; i < participants.size(); i++) {
            Candidate<B> candidate = participants.get(i);
            candidate.credit += candidate.effectiveWeight();
            sum += candidate.effectiveWeight();
            if (richest == null || candidate.credit > richest.credit) {
                richest = candidate;
            }
        }
        if (richest != null) {
            richest.credit -= sum;
        }
        return richest;
    }
}
