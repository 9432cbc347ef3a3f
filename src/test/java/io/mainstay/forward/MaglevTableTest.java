// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MaglevTableTest {

    @Test
    void theExampleOfThePaperComesOut() {
        // NSDI 2016, table 1: permutations 3 0 4 1 5 2 6, 0 2 4 6 1 3 5 and 3 4 5 6 0 1 2, and B1 removed.
        int[] offsets = {3, 0, 3};
        int[] skips = {4, 2, 1};
        assertThat(MaglevTable.fill(7, offsets, skips, new int[] {1, 1, 1})).containsExactly(1, 0, 1, 0, 2, 2, 0);
        assertThat(MaglevTable.fill(7, offsets, skips, new int[] {1, 0, 1})).containsExactly(0, 0, 0, 0, 2, 2, 2);
    }

    @Test
    void theSizesArePrime() {
        assertThat(BigInteger.valueOf(MaglevTable.SIZE).isProbablePrime(50)).isTrue();
        assertThat(BigInteger.valueOf(MaglevTable.LARGE_SIZE).isProbablePrime(50))
                .isTrue();
        assertThat(MaglevTable.size(655)).isEqualTo(MaglevTable.SIZE);
        assertThat(MaglevTable.size(656)).isEqualTo(MaglevTable.LARGE_SIZE);
    }

    @Test
    void withoutWeightThereIsNoTable() {
        assertThat(MaglevTable.fill(7, new int[] {1}, new int[] {1}, new int[] {0}))
                .isEmpty();
        assertThat(MaglevTable.fill(7, new int[0], new int[0], new int[0])).isEmpty();
    }

    @Test
    void theSmallestWeightGetsASlot() {
        int[] weights = new int[1000];
        Arrays.fill(weights, 1000);
        weights[7] = 1;
        assertThat(slots(fill(1, weights), 1000)[7]).isPositive();
    }

    private static short[] fill(long seed, int... weights) {
        Random random = new Random(seed);
        int size = MaglevTable.size(weights.length);
        int[] offsets = random.ints(weights.length, 0, size).toArray();
        int[] skips = random.ints(weights.length, 1, size).toArray();
        return MaglevTable.fill(size, offsets, skips, weights);
    }

    private static int[] slots(short[] table, int members) {
        int[] counts = new int[members];
        for (short member : table) {
            counts[member]++;
        }
        return counts;
    }

    @Test
    @Tag("property")
    void equalMembersHaveEqualSharesWithinOnePercent() {
        for (int members : new int[] {1, 2, 3, 10, 100, 655, 656, 1024}) {
            int[] weights = new int[members];
            Arrays.fill(weights, 100);
            int[] slots = slots(fill(members, weights), members);
            int most = Arrays.stream(slots).max().orElseThrow();
            int fewest = Arrays.stream(slots).min().orElseThrow();
            assertThat(most - fewest).as("%d members", members).isLessThanOrEqualTo(1);
            assertThat((double) most / fewest).as("%d members", members).isLessThanOrEqualTo(1.01);
        }
    }

    @Test
    @Tag("property")
    void sharesFollowTheWeights() {
        for (long seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(1 + random.nextInt(60), 1, 1001).toArray();
            short[] table = fill(seed, weights);
            int[] slots = slots(table, weights.length);
            double sum = Arrays.stream(weights).sum();
            for (int i = 0; i < weights.length; i++) {
                double due = table.length * weights[i] / sum;
                assertThat(Math.abs(slots[i] - due))
                        .as("seed %d, weights %s, member %d: %d slots (due: %.1f)", seed, weights, i, slots[i], due)
                        .isLessThanOrEqualTo(2 + 0.01 * due);
            }
        }
    }

    @Test
    @Tag("property")
    void whenAMemberGoesLittleMoreThanItsShareMoves() {
        for (int members : new int[] {5, 20, 100, 500}) {
            for (long seed = 1; seed <= 5; seed++) {
                int[] weights = new int[members];
                Arrays.fill(weights, 1);
                short[] before = fill(seed, weights);
                int gone = new Random(seed).nextInt(members);
                weights[gone] = 0;
                short[] after = fill(seed, weights);
                int disrupted = 0;
                for (int i = 0; i < before.length; i++) {
                    disrupted += before[i] != gone && before[i] != after[i] ? 1 : 0;
                }
                // The paper's figure 11: with as many slots, about as much again as the share that has to move.
                assertThat((double) disrupted / before.length)
                        .as("%d members, seed %d: slots of others that moved", members, seed)
                        .isLessThanOrEqualTo(1.0 / members + 0.01);
            }
        }
    }
}
