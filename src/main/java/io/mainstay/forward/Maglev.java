// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Balance#MAGLEV}. The table is made of all backends, healthy or not, and made anew only when the configuration
 * changes: clients of a backend that cannot have them look at one slot after the other until a backend can, so that only
 * they move, spread over all others, and all of them return with it. A backend whose share is cut down for a while gives
 * away a part of its clients in the same way, and always the same part.
 */
final class Maglev<B> implements BalanceRule<B> {

    /**
     * Slots that a client looks at in an order of its own; after them it goes from slot to slot, so that it finds whoever is
     * left. From slot to slot alone would not do: who stands beside whom in the table is no matter of chance.
     */
    private static final int OWN_ORDER = 100;

    private final SipHash hash;
    private final LoadBound bound;
    private List<Candidate<B>> members = List.of();
    private short[] slots = new short[0];

    Maglev(SipHash hash, LoadBound bound) {
        this.hash = hash;
        this.bound = bound;
    }

    @Override
    public void onMembers(List<Candidate<B>> candidates) {
        // By name, so that nodes whose configurations list them in another order choose alike.
        members = new ArrayList<>(candidates);
        members.sort(Comparator.comparing(Candidate::id));
        int size = MaglevTable.size(members.size());
        int[] offsets = new int[members.size()];
        int[] skips = new int[members.size()];
        int[] weights = new int[members.size()];
        for (int i = 0; i < members.size(); i++) {
            Candidate<B> member = members.get(i);
            member.idHash = hash.hash(member.id());
            offsets[i] = MaglevTable.offset(member.idHash, size);
            skips[i] = MaglevTable.skip(member.idHash, size);
            weights[i] = member.configuredWeight();
        }
        slots = MaglevTable.fill(size, offsets, skips, weights);
    }

    @Override
    public @Nullable Candidate<B> choose(List<Candidate<B>> candidates, long clientHash, MonotonicInstant now) {
        int largestShare = largestShare();
        if (largestShare == 0) {
            return null;
        }
        bound.measure(members);
        long probe = clientHash;
        Candidate<B> fallback = null;
        for (int i = 0; i < OWN_ORDER + slots.length; i++) {
            Candidate<B> candidate = members.get(slots[(int) Long.remainderUnsigned(probe, slots.length)]);
            probe = i < OWN_ORDER ? Mixing.mix(Mixing.next(probe)) : probe + 1;
            if (!candidate.isOpen() || !bound.allows(candidate)) {
                continue;
            }
            if (keeps(candidate, clientHash, largestShare)) {
                return candidate;
            }
            if (fallback == null) {
                fallback = candidate;
            }
        }
        return fallback;
    }

    /** In percent of the configured one; 0 if none is open. */
    private int largestShare() {
        int largest = 0;
        for (int i = 0; i < members.size(); i++) {
            Candidate<B> candidate = members.get(i);
            if (candidate.isOpen()) {
                largest = Math.max(largest, Math.max(candidate.sharePercent(), 1));
            }
        }
        return largest;
    }

    /** Whether the client is of the part that the candidate keeps while its share is cut down. */
    private boolean keeps(Candidate<B> candidate, long clientHash, int largestShare) {
        int share = Math.max(candidate.sharePercent(), 1);
        return share == largestShare
                || Mixing.fraction(Mixing.mix(clientHash ^ candidate.idHash)) * largestShare < share;
    }
}
