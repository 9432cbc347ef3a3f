// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.Arrays;

/**
 * The look-up table of Maglev (Eisenbud et al., NSDI 2016, §3.4): every member has a permutation of the slots of its own,
 * and the members take turns at taking the next free slot of theirs. A member that weighs half as much as the heaviest
 * takes every other turn.
 */
final class MaglevTable {

    /** A prime, as the permutations need it, and more than a hundred times the members, for shares right to one percent. */
    static final int SIZE = 65_537;

    /** The same for pools of more than 655 members. */
    static final int LARGE_SIZE = 655_373;

    private static final short FREE = -1;

    private MaglevTable() {}

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
