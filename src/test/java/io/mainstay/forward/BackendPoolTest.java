// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mainstay.net.Endpoint;
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

    @Test
    void equalBackendsTakeTurns() {
        assertThat(PoolBench.of(Balance.ROUND_ROBIN, 100, 100, 100).sequence(9)).isEqualTo("abcabcabc");
    }

    @Test
    void aHeavyBackendIsSpreadOutAndNotServedInARow() {
        assertThat(PoolBench.of(Balance.ROUND_ROBIN, 5, 1, 1).sequence(14)).isEqualTo("aabacaaaabacaa");
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aBackendOfWeightZeroIsNeverChosen(Balance balance) {
        assertThat(PoolBench.of(balance, 0, 1).count(100)).containsOnlyKeys("b");
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void withoutABackendThatMayServeNothingIsChosen(Balance balance) {
        PoolBench bench = PoolBench.of(balance, 1, 0);
        bench.standing(0, Standing.FAILING);
        assertThat(bench.tryToChoose(PoolBench.client(1))).isNull();
        assertThat(bench.pool().tier()).isEqualTo(Tier.NONE);
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void anEmptyPoolChoosesNothing(Balance balance) {
        assertThat(PoolBench.of(balance).tryToChoose(PoolBench.client(1))).isNull();
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aTriedBackendIsChosenAgainOnlyWhenNoOtherRemains(Balance balance) {
        PoolBench bench = PoolBench.of(balance, 1, 1, 1);
        List<Candidate<String>> tried = new ArrayList<>();
        while (tried.size() < 3) {
            Candidate<String> next = bench.choose(PoolBench.client(1), tried);
            assertThat(tried).doesNotContain(next);
            tried.add(next);
        }
        assertThat(bench.choose(PoolBench.client(1), tried)).isIn(bench.candidates());
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aBackendGetsNoMoreConnectionsThanItMayHave(Balance balance) {
        PoolBench bench = new PoolBench(SelectionConfig.of(balance));
        bench.add(1, 3, false);
        bench.add(1000, 2, false);
        for (int i = 0; i < 5; i++) {
            bench.connect(PoolBench.client(i));
        }
        assertThat(bench.candidate(0).active()).isEqualTo(3);
        assertThat(bench.candidate(1).active()).isEqualTo(2);
        assertThat(bench.tryToChoose(PoolBench.client(6))).isNull();
        assertThat(bench.pool().tier()).as("full is not ill").isEqualTo(Tier.HEALTHY);
        bench.candidate(0).connectionEnded();
        assertThat(bench.choose(PoolBench.client(6))).isSameAs(bench.candidate(0));
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aBackendThatIsTakenOutIsNotChosenAnyMore(Balance balance) {
        PoolBench bench = PoolBench.of(balance, 1, 1);
        bench.connect(PoolBench.client(0));
        bench.pool().remove(bench.candidate(0));
        assertThat(bench.count(20)).containsOnlyKeys("b");
        bench.pool().remove(bench.candidate(1));
        assertThat(bench.tryToChoose(PoolBench.client(1))).isNull();
    }

    @Test
    void whatABackendAsksForCanOnlyBeLessThanIsConfigured() {
        PoolBench bench = new PoolBench(SelectionConfig.of(Balance.ROUND_ROBIN));
        bench.add(100, 10, false);
        bench.add(100, 0, false);
        bench.pool().setWanted(bench.candidate(0), 50, 20);
        bench.pool().setWanted(bench.candidate(1), 100, 20);
        assertThat(bench.candidate(0).limit()).isEqualTo(10);
        assertThat(bench.candidate(1).limit()).isEqualTo(20);
        assertThat(bench.count(300)).containsEntry("a", 100).containsEntry("b", 200);
        bench.pool().setWanted(bench.candidate(0), 0, 0);
        assertThat(bench.count(10)).containsOnlyKeys("b");
    }

    @Test
    void anotherRuleAndAnotherWeightCountFromTheNextChoiceOn() {
        PoolBench bench = PoolBench.of(Balance.FIRST, 1, 1);
        assertThat(bench.sequence(3)).isEqualTo("aaa");
        bench.pool().configure(SelectionConfig.of(Balance.ROUND_ROBIN));
        assertThat(bench.sequence(4)).isEqualTo("abab");
        bench.pool().configure(bench.candidate(1), config("b", 3));
        assertThat(bench.count(8)).containsEntry("a", 2).containsEntry("b", 6);
        bench.pool().configure(SelectionConfig.of(Balance.MAGLEV));
        List<String> before = bench.assignment(1000);
        bench.pool().configure(bench.candidate(1), config("b", 1));
        assertThat(bench.assignment(1000)).isNotEqualTo(before);
    }

    private static BackendConfig config(String name, int weight) {
        return new BackendConfig(name, Endpoint.parse("198.18.0.1:80"), weight);
    }

    @Test
    void leastConnChoosesTheOneWithFewestConnections() {
        PoolBench bench = PoolBench.of(Balance.LEAST_CONN, 100, 100, 100);
        bench.candidate(0).connectionStarted();
        bench.candidate(2).connectionStarted();
        assertThat(bench.choose().backend()).isEqualTo("b");
    }

    @Test
    void leastConnMeasuresConnectionsAgainstTheWeight() {
        PoolBench bench = PoolBench.of(Balance.LEAST_CONN, 300, 100);
        for (int i = 0; i < 2; i++) {
            bench.candidate(0).connectionStarted();
        }
        bench.candidate(1).connectionStarted();
        assertThat(bench.choose().backend()).isEqualTo("a");
    }

    @Test
    void leastConnTakesTurnsAmongEquals() {
        assertThat(PoolBench.of(Balance.LEAST_CONN, 1, 1, 1).sequence(6)).isEqualTo("abcabc");
    }

    @Test
    void firstFillsOneBackendAfterTheOther() {
        PoolBench bench = new PoolBench(SelectionConfig.of(Balance.FIRST));
        bench.add(1, 2, false);
        bench.add(1000, 2, false);
        bench.add(1, 0, false);
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            order.append(bench.connect(PoolBench.client(i)).backend());
        }
        assertThat(order).hasToString("aabbcc");
    }

    @Test
    void activeCountsAllBackends() {
        PoolBench bench = PoolBench.of(Balance.LEAST_CONN, 1, 1);
        bench.candidates().forEach(Candidate::connectionStarted);
        bench.standing(0, Standing.OUT);
        assertThat(bench.pool().active()).isEqualTo(2);
        bench.candidate(0).connectionEnded();
        assertThat(bench.pool().active()).isEqualTo(1);
    }

    @Test
    @Tag("property")
    void anyRunAsLongAsTheSumOfWeightsGivesEachBackendExactlyItsWeight() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(1 + random.nextInt(8), 1, 40).toArray();
            PoolBench bench = PoolBench.of(Balance.ROUND_ROBIN, weights);
            int sum = Arrays.stream(weights).sum();
            // Not only runs from the start: the run may begin at any turn.
            bench.sequence(random.nextInt(sum));
            Map<String, Integer> counts = bench.count(sum);
            for (Candidate<String> candidate : bench.candidates()) {
                assertThat(counts.getOrDefault(candidate.backend(), 0))
                        .as("seed %d, weights %s, backend %s", seed, weights, candidate.backend())
                        .isEqualTo(candidate.configuredWeight());
            }
        }
    }

    @Test
    @Tag("property")
    void noBackendIsEverMoreThanOneTurnAwayFromItsShareWhileAllServe() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(2 + random.nextInt(6), 1, 100).toArray();
            PoolBench bench = PoolBench.of(Balance.ROUND_ROBIN, weights);
            double sum = Arrays.stream(weights).sum();
            Map<String, Integer> counts = new HashMap<>();
            for (int turn = 1; turn <= 2 * sum; turn++) {
                counts.merge(bench.choose().backend(), 1, Integer::sum);
                for (Candidate<String> candidate : bench.candidates()) {
                    double share = turn * candidate.configuredWeight() / sum;
                    assertThat(Math.abs(counts.getOrDefault(candidate.backend(), 0) - share))
                            .as("seed %d, weights %s, turn %d, backend %s", seed, weights, turn, candidate.backend())
                            .isLessThan(1 + (weights.length - 1) / 2.0);
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
            PoolBench bench = PoolBench.of(Balance.ROUND_ROBIN, weights);
            for (int i = 0; i < 300; i++) {
                bench.standing(
                        random.nextInt(weights.length), random.nextInt(3) > 0 ? Standing.HEALTHY : Standing.FAILING);
                bench.tryToChoose(PoolBench.client(i));
            }
            for (int i = 0; i < weights.length; i++) {
                bench.standing(i, Standing.HEALTHY);
            }
            int sum = Arrays.stream(weights).sum();
            int rounds = 20;
            Map<String, Integer> counts = bench.count(sum * rounds);
            for (Candidate<String> candidate : bench.candidates()) {
                assertThat(counts.getOrDefault(candidate.backend(), 0))
                        .as("seed %d, weights %s, backend %s", seed, weights, candidate.backend())
                        .isBetween(
                                candidate.configuredWeight() * rounds - weights.length,
                                candidate.configuredWeight() * rounds + weights.length);
            }
        }
    }

    @Test
    @Tag("property")
    void leastConnNeverChoosesABusierBackendThanAnother() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            PoolBench bench = PoolBench.of(
                    Balance.LEAST_CONN,
                    random.ints(2 + random.nextInt(6), 1, 50).toArray());
            List<Candidate<String>> connections = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                if (!connections.isEmpty() && random.nextInt(5) < 2) {
                    connections.remove(random.nextInt(connections.size())).connectionEnded();
                    continue;
                }
                Candidate<String> chosen = bench.choose();
                for (Candidate<String> other : bench.candidates()) {
                    assertThat((double) chosen.active() / chosen.configuredWeight())
                            .as("seed %d, step %d", seed, i)
                            .isLessThanOrEqualTo((double) other.active() / other.configuredWeight());
                }
                chosen.connectionStarted();
                connections.add(chosen);
            }
            assertThat(bench.pool().active()).as("seed %d", seed).isEqualTo(connections.size());
        }
    }

    @Test
    @Tag("property")
    void randomTwoGivesEachBackendItsShareOfConnectionsThatStay() {
        for (long seed = 1; seed <= 30; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(2 + random.nextInt(6), 20, 100).toArray();
            PoolBench bench = new PoolBench(SelectionConfig.of(Balance.RANDOM_TWO), seed).with(weights);
            int connections = 20_000;
            for (int i = 0; i < connections; i++) {
                bench.connect(PoolBench.client(i));
            }
            double sum = Arrays.stream(weights).sum();
            for (Candidate<String> candidate : bench.candidates()) {
                // One choice alone would be off by a percent or two of the whole; the better of two evens it out.
                assertThat((double) candidate.active() / connections)
                        .as("seed %d, weights %s, backend %s", seed, weights, candidate.backend())
                        .isCloseTo(candidate.configuredWeight() / sum, within(0.005));
            }
        }
    }

    @Test
    @Tag("property")
    void randomTwoDrawsByWeightWhileNobodyStays() {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            int[] weights = random.ints(3 + random.nextInt(5), 1, 100).toArray();
            PoolBench bench = new PoolBench(SelectionConfig.of(Balance.RANDOM_TWO), seed).with(weights);
            Map<String, Integer> counts = bench.count(20_000);
            double sum = Arrays.stream(weights).sum();
            for (Candidate<String> candidate : bench.candidates()) {
                assertThat(counts.getOrDefault(candidate.backend(), 0) / 20_000.0)
                        .as("seed %d, weights %s, backend %s", seed, weights, candidate.backend())
                        .isCloseTo(candidate.configuredWeight() / sum, within(0.02));
            }
        }
    }

    private static <T> T pick(Random random, T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    @Test
    @Tag("property")
    void noBackendIsEverOverItsLimitWhateverHappens() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            Balance balance = pick(random, Balance.values());
            PoolBench bench = new PoolBench(SelectionConfig.of(balance), seed);
            int backends = 1 + random.nextInt(6);
            for (int i = 0; i < backends; i++) {
                bench.add(random.nextInt(20), random.nextInt(5), random.nextInt(4) == 0);
            }
            List<Candidate<String>> connections = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                if (random.nextInt(10) == 0) {
                    bench.standing(random.nextInt(backends), pick(random, Standing.values()));
                }
                if (!connections.isEmpty() && random.nextInt(5) < 2) {
                    connections.remove(random.nextInt(connections.size())).connectionEnded();
                    continue;
                }
                Candidate<String> chosen = bench.tryToChoose(PoolBench.client(random.nextInt(50)));
                if (chosen == null) {
                    assertThat(bench.candidates())
                            .as("seed %d, step %d: refused while one has room", seed, i)
                            .noneMatch(candidate -> candidate.isServing() && candidate.hasRoom());
                    continue;
                }
                assertThat(chosen.isServing() && chosen.hasRoom())
                        .as("seed %d, step %d", seed, i)
                        .isTrue();
                chosen.connectionStarted();
                connections.add(chosen);
            }
        }
    }
}
