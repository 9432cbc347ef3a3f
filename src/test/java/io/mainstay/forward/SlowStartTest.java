// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SlowStartTest {

    private static final Duration LENGTH = Duration.ofSeconds(100);

    private static PoolBench bench(Balance balance, int... weights) {
        return new PoolBench(SelectionConfig.of(balance).withSlowStart(LENGTH)).with(weights);
    }

    @Test
    void theShareGrowsEvenlyFromATenth() {
        PoolBench bench = bench(Balance.ROUND_ROBIN, 100, 100);
        bench.pool().startSlowly(bench.candidate(1), bench.now());
        assertThat(bench.count(1100)).containsEntry("b", 100);
        bench.pass(Duration.ofSeconds(50));
        assertThat(bench.count(1500)).containsEntry("b", 500);
        bench.pass(Duration.ofSeconds(50));
        assertThat(bench.count(1000)).containsEntry("b", 500);
        bench.pass(Duration.ofDays(1));
        assertThat(bench.count(1000)).containsEntry("b", 500);
    }

    @Test
    void withoutSlowStartTheShareIsWholeAtOnce() {
        PoolBench bench = PoolBench.of(Balance.ROUND_ROBIN, 100, 100);
        bench.pool().startSlowly(bench.candidate(1), bench.now());
        assertThat(bench.count(1000)).containsEntry("b", 500);
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aPoolThatStartsSlowlyAsAWholeServesAllTheSame(Balance balance) {
        PoolBench bench = bench(balance, 1, 1);
        bench.candidates().forEach(candidate -> bench.pool().startSlowly(candidate, bench.now()));
        for (int client = 0; client < 100; client++) {
            assertThat(bench.choose(PoolBench.client(client))).isIn(bench.candidates());
        }
    }

    @Test
    void theSmallestWeightKeepsAShare() {
        PoolBench bench = bench(Balance.ROUND_ROBIN, 1);
        bench.pool().startSlowly(bench.candidate(0), bench.now());
        assertThat(bench.choose()).isSameAs(bench.candidate(0));
    }

    @ParameterizedTest
    @EnumSource(
            value = Balance.class,
            names = {"SOURCE_HASH", "MAGLEV"})
    void hashedClientsComeBackLittleByLittleAndNoOtherMoves(Balance balance) {
        PoolBench bench = bench(balance, 100, 100, 100, 100);
        int clients = 20_000;
        List<String> before = bench.assignment(clients);
        bench.pool().startSlowly(bench.candidate(2), bench.now());
        double lastPart = 0;
        for (int step = 1; step <= 10; step++) {
            List<String> now = bench.assignment(clients);
            int had = 0;
            int has = 0;
            for (int i = 0; i < clients; i++) {
                boolean ours = before.get(i).equals("c");
                had += ours ? 1 : 0;
                has += now.get(i).equals("c") ? 1 : 0;
                if (!ours) {
                    assertThat(now.get(i)).as("client %d at step %d", i, step).isEqualTo(before.get(i));
                }
            }
            double part = (double) has / had;
            assertThat(part).as("step %d", step).isGreaterThanOrEqualTo(lastPart);
            if (balance == Balance.MAGLEV) {
                assertThat(part).as("step %d", step).isCloseTo(Math.max(step - 1, 1) / 10.0, within(0.03));
            }
            lastPart = part;
            bench.pass(LENGTH.dividedBy(10));
        }
        assertThat(bench.assignment(clients)).isEqualTo(before);
    }
}
