// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BackendPoolTest {

    private static final List<Candidate<String>> NOTHING_TRIED = List.of();

    private static List<Candidate<String>> fill(BackendPool<String> pool, int... weights) {
        List<Candidate<String>> candidates = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            Candidate<String> candidate = pool.add(String.valueOf((char) ('a' + i)), weights[i]);
            candidate.setEligible(true);
            candidates.add(candidate);
        }
        return candidates;
    }

    private static String sequence(BackendPool<String> pool, int length) {
        StringBuilder chosen = new StringBuilder();
        for (int i = 0; i < length; i++) {
            chosen.append(take(pool, NOTHING_TRIED).backend());
        }
        return chosen.toString();
    }

    private static Candidate<String> take(BackendPool<String> pool, List<Candidate<String>> tried) {
        Candidate<String> chosen = pool.choose(tried);
        if (chosen == null) {
            throw new AssertionError("nothing chosen");
        }
        return chosen;
    }

    @Test
    void equalBackendsTakeTurns() {
        BackendPool<String> pool = new BackendPool<>(Balance.ROUND_ROBIN);
        fill(pool, 100, 100, 100);
        assertThat(sequence(pool, 9)).isEqualTo("abcabcabc");
    }

    @Test
    void aHeavyBackendIsSpreadOutAndNotServedInARow() {
        BackendPool<String> pool = new BackendPool<>(Balance.ROUND_ROBIN);
        fill(pool, 5, 1, 1);
        assertThat(sequence(pool, 14)).isEqualTo("aabacaaaabacaa");
    }

    @Test
    void aBackendOfWeightZeroIsNeverChosen() {
        BackendPool<String> pool = new BackendPool<>(Balance.ROUND_ROBIN);
        fill(pool, 0, 1);
        assertThat(sequence(pool, 3)).isEqualTo("bbb");
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void withoutAnEligibleBackendNothingIsChosen(Balance balance) {
        BackendPool<String> pool = new BackendPool<>(balance);
        List<Candidate<String>> candidates = fill(pool, 1, 0);
        candidates.getFirst().setEligible(false);
        assertThat(pool.choose(NOTHING_TRIED)).isNull();
        assertThat(pool.hasEligible()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aTriedBackendIsChosenAgainOnlyWhenNoOtherRemains(Balance balance) {
        BackendPool<String> pool = new BackendPool<>(balance);
        List<Candidate<String>> candidates = fill(pool, 1, 1, 1);
        List<Candidate<String>> tried = new ArrayList<>();
        while (tried.size() < candidates.size()) {
            Candidate<String> next = take(pool, tried);
            assertThat(tried).doesNotContain(next);
            tried.add(next);
        }
        assertThat(take(pool, tried)).isIn(candidates);
    }

    @Test
    void leastConnChoosesTheOneWithFewestConnections() {
        BackendPool<String> pool = new BackendPool<>(Balance.LEAST_CONN);
        List<Candidate<String>> candidates = fill(pool, 100, 100, 100);
        candidates.get(0).connectionStarted();
        candidates.get(2).connectionStarted();
        assertThat(take(pool, NOTHING_TRIED).backend()).isEqualTo("b");
    }

    @Test
    void leastConnMeasuresConnectionsAgainstTheWeight() {
        BackendPool<String> pool = new BackendPool<>(Balance.LEAST_CONN);
        List<Candidate<String>> candidates = fill(pool, 300, 100);
        for (int i = 0; i < 2; i++) {
            candidates.get(0).connectionStarted();
        }
        candidates.get(1).connectionStarted();
        assertThat(take(pool, NOTHING_TRIED).backend()).isEqualTo("a");
    }

    @Test
    void leastConnTakesTurnsAmongEquals() {
        BackendPool<String> pool = new BackendPool<>(Balance.LEAST_CONN);
        fill(pool, 1, 1, 1);
        assertThat(sequence(pool, 6)).isEqualTo("abcabc");
    }

    @Test
    void activeCountsAllBackends() {
        BackendPool<String> pool = new BackendPool<>(Balance.LEAST_CONN);
        List<Candidate<String>> candidates = fill(pool, 1, 1);
        candidates.forEach(Candidate::connectionStarted);
        candidates.get(0).setEligible(false);
        assertThat(pool.active()).isEqualTo(2);
        candidates.get(0).connectionEnded();
        assertThat(pool.active()).isEqualTo(1);
    }

    @Test
    @Tag("property")
    void anyRunAsLongAsTheSumOfWeightsGivesEachBackendExactlyItsWeight() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(1 + random.nextInt(8), 1, 40).toArray();
            BackendPool<String> pool = new BackendPool<>(Balance.ROUND_ROBIN);
            List<Candidate<String>> candidates = fill(pool, weights);
            int sum = Arrays.stream(weights).sum();
            // Not only runs from the start: the run may begin at any turn.
            sequence(pool, random.nextInt(sum));
            Map<String, Integer> counts = count(pool, sum);
            for (Candidate<String> candidate : candidates) {
                assertThat(counts.getOrDefault(candidate.backend(), 0))
                        .as("seed %d, weights %s, backend %s", seed, weights, candidate.backend())
                        .isEqualTo(candidate.weight());
            }
        }
    }

    @Test
    @Tag("property")
    void noBackendIsEverMoreThanOneTurnAwayFromItsShareWhileAllAreEligible() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(2 + random.nextInt(6), 1, 100).toArray();
            BackendPool<String> pool = new BackendPool<>(Balance.ROUND_ROBIN);
            List<Candidate<String>> candidates = fill(pool, weights);
            double sum = Arrays.stream(weights).sum();
            Map<String, Integer> counts = new HashMap<>();
            for (int turn = 1; turn <= 2 * sum; turn++) {
                counts.merge(take(pool, NOTHING_TRIED).backend(), 1, Integer::sum);
                for (Candidate<String> candidate : candidates) {
                    double share = turn * candidate.weight() / sum;
                    assertThat(Math.abs(counts.getOrDefault(candidate.backend(), 0) - share))
                            .as("seed %d, weights %s, turn %d, backend %s", seed, weights, turn, candidate.backend())
                            .isLessThan(1 + (candidates.size() - 1) / 2.0);
                }
            }
        }
    }

    @Test
    @Tag("property")
    void afterAnyHistoryOfFailuresTheSharesAreRightAgain() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(2 + random.nextInt(6), 1, 20).toArray();
            BackendPool<String> pool = new BackendPool<>(Balance.ROUND_ROBIN);
            List<Candidate<String>> candidates = fill(pool, weights);
            for (int i = 0; i < 300; i++) {
                candidates.get(random.nextInt(candidates.size())).setEligible(random.nextInt(3) > 0);
                pool.choose(NOTHING_TRIED);
            }
            candidates.forEach(candidate -> candidate.setEligible(true));
            int sum = Arrays.stream(weights).sum();
            int rounds = 20;
            Map<String, Integer> counts = count(pool, sum * rounds);
            for (Candidate<String> candidate : candidates) {
                assertThat(counts.getOrDefault(candidate.backend(), 0))
                        .as("seed %d, weights %s, backend %s", seed, weights, candidate.backend())
                        .isBetween(
                                candidate.weight() * rounds - candidates.size(),
                                candidate.weight() * rounds + candidates.size());
            }
        }
    }

    @Test
    @Tag("property")
    void leastConnNeverChoosesABusierBackendThanAnother() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            BackendPool<String> pool = new BackendPool<>(Balance.LEAST_CONN);
            List<Candidate<String>> candidates =
                    fill(pool, random.ints(2 + random.nextInt(6), 1, 50).toArray());
            List<Candidate<String>> connections = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                if (!connections.isEmpty() && random.nextInt(5) < 2) {
                    connections.remove(random.nextInt(connections.size())).connectionEnded();
                    continue;
                }
                Candidate<String> chosen = take(pool, NOTHING_TRIED);
                for (Candidate<String> other : candidates) {
                    assertThat((double) chosen.active() / chosen.weight())
                            .as("seed %d, step %d", seed, i)
                            .isLessThanOrEqualTo((double) other.active() / other.weight());
                }
                chosen.connectionStarted();
                connections.add(chosen);
            }
            assertThat(pool.active()).as("seed %d", seed).isEqualTo(connections.size());
        }
    }

    private static Map<String, Integer> count(BackendPool<String> pool, int choices) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < choices; i++) {
            counts.merge(take(pool, NOTHING_TRIED).backend(), 1, Integer::sum);
        }
        return counts;
    }
}
