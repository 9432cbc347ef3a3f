// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.Arrays;
import java.util.List;

/**
 * The look-up table of Maglev (Eisenbud et al., NSDI 2016, §3.4): every member has a permutation of the slots of its own,
 * and the members take turns at taking the next free slot of theirs. A member that weighs half as much as the heaviest
 * takes every other turn.
 */
public final class MaglevTable {

    /** A prime, as the permutations need it, and more than a hundred times the members, for shares right to one percent. */
    static final int SIZE = 65_537;

    /** The same for pools of more than 655 members. */
    static final int LARGE_SIZE = 655_373;

    private static final short FREE = -1;

    /** For pools of fewer members, in less memory: primes, each more than a hundred times the members that it is for. */
    private static final int[] SMALLER_SIZES = {251, 1021, 4099, 16381, SIZE};

    private MaglevTable() {}

    /** The least number of slots that gives so many members their shares right to one percent. */
    public static int leastSize(int members) {
        for (int size : SMALLER_SIZES) {
            if (members * 100 < size) {
                return size;
            }
        }
        return LARGE_SIZE;
    }

    /**
     * A table that every node fills alike that knows the same names, weights and seed.
     *
     * @param names of the members, in the same order on every node
     * @param size as by {@link #leastSize}
     * @return which member has each slot; empty if no member has weight
     */
    public static short[] of(String seed, List<String> names, int[] weights, int size) {
        SipHash hash = SipHash.ofSeed(seed);
        int[] offsets = new int[weights.length];
        int[] skips = new int[weights.length];
        for (int i = 0; i < weights.length; i++) {
            long nameHash = hash.hash(names.get(i));
            offsets[i] = offset(nameHash, size);
            skips[i] = skip(nameHash, size);
        }
        return fill(size, offsets, skips, weights);
    }

    static int offset(long nameHash, int size) {
        return (int) Long.remainderUnsigned(nameHash, size);
    }

    static int skip(long nameHash, int size) {
        return (int) Long.remainderUnsigned(Mixing.mix(nameHash), size - 1) + 1;
    }

    /** The number of slots for so many members. */
    static int size(int members) {
        return members * 100 < SIZE ? SIZE : LARGE_SIZE;
    }

    /**
     * Fills a table.
     *
     * @param size a prime, the number of slots
     * @param offsets where the permutation of each member starts, 0 to size - 1
     * @param skips how far it goes each time, 1 to size - 1
     * @param weights of the members; one without weight gets no slot
     * @return which member has each slot; empty if no member has weight
     */
    static short[] fill(int size, int[] offsets, int[] skips, int[] weights) {
        int members = offsets.length;
        int heaviest = Arrays.stream(weights).max().orElse(0);
        if (heaviest == 0) {
            return new short[0];
        }
        short[] slots = new short[size];
        Arrays.fill(slots, FREE);
        int[] next = offsets.clone();
        // Everybody has a turn in the first round, so that no weight is too small for a slot.
        int[] credits = new int[members];
        Arrays.fill(credits, heaviest);
        int taken = 0;
        while (true) {
            for (int member = 0; member < members; member++) {
                credits[member] += weights[member];
                if (credits[member] <= heaviest) {
                    continue;
                }
                credits[member] -= heaviest;
                while (slots[next[member]] != FREE) {
                    next[member] = (next[member] + skips[member]) % size;
                }
                slots[next[member]] = (short) member;
                if (++taken == size) {
                    return slots;
                }
            }
        }
    }
}
