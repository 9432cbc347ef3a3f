// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LeastLatencyTest {

    private final PoolBench bench = PoolBench.of(Balance.LEAST_LATENCY, 100, 100);

    private void answered(int index, long millis) {
        bench.candidate(index).answered(Duration.ofMillis(millis), bench.now());
    }

    @Test
    void theFasterOneIsChosen() {
        answered(0, 20);
        answered(1, 10);
        assertThat(bench.sequence(3)).isEqualTo("bbb");
    }

    @Test
    void theCostGrowsWithTheConnections() {
        answered(0, 20);
        answered(1, 10);
        bench.candidate(1).connectionStarted();
        bench.candidate(1).connectionStarted();
        assertThat(bench.choose().backend()).isEqualTo("a");
    }

    @Test
    void theCostIsForTheWeight() {
        PoolBench heavy = PoolBench.of(Balance.LEAST_LATENCY, 300, 100);
        heavy.candidate(0).answered(Duration.ofMillis(20), heavy.now());
        heavy.candidate(1).answered(Duration.ofMillis(10), heavy.now());
        assertThat(heavy.choose().backend()).isEqualTo("a");
    }

    @Test
    void aPeakCountsAtOnceAndIsForgottenLittleByLittle() {
        answered(0, 10);
        answered(0, 400);
        assertThat(bench.candidate(0).latency(bench.now())).isEqualTo(Duration.ofMillis(400));
        answered(0, 10);
        assertThat(bench.candidate(0).latency(bench.now())).isEqualTo(Duration.ofMillis(400));
        bench.pass(Duration.ofSeconds(10));
        answered(0, 10);
        assertThat(bench.candidate(0).latency(bench.now())).isBetween(Duration.ofMillis(150), Duration.ofMillis(160));
    }

    @Test
    void whatWasSlowIsTriedAgainInTime() {
        answered(0, 1000);
        answered(1, 10);
        int waited = 0;
        while (!bench.choose().backend().equals("a")) {
            bench.pass(Duration.ofSeconds(1));
            waited++;
            // The other one is heard of all the time.
            answered(1, 10);
        }
        assertThat(waited).isBetween(10, 90);
    }

    @Test
    void whatWasNeverMeasuredIsTriedByOneConnectionAtATime() {
        answered(0, 5);
        assertThat(bench.connect(PoolBench.client(1)).backend()).isEqualTo("b");
        for (int i = 0; i < 5; i++) {
            assertThat(bench.connect(PoolBench.client(i)).backend()).isEqualTo("a");
        }
        answered(1, 1);
        assertThat(bench.connect(PoolBench.client(9)).backend()).isEqualTo("b");
    }

    @Test
    void withoutAnyMeasurementTheConnectionsAreSpreadEvenly() {
        for (int i = 0; i < 10; i++) {
            bench.connect(PoolBench.client(i));
        }
        assertThat(bench.candidate(0).active()).isEqualTo(5);
        assertThat(bench.candidate(1).active()).isEqualTo(5);
    }

    /** Backends of different speeds, each as fast as ever: the fast ones get the more, and nobody is given up. */
    @Test
    @Tag("property")
    void connectionsGoWhereTheyAreAnsweredFaster() {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            PoolBench pool = new PoolBench(SelectionConfig.of(Balance.LEAST_LATENCY), seed).with(1, 1, 1);
            int[] millis = {10, 10, 80};
            Queue<Answer> running = new PriorityQueue<>(Comparator.comparingInt(Answer::due));
            Map<String, Integer> counts = new HashMap<>();
            for (int tick = 0; tick < 20_000; tick++) {
                pool.pass(Duration.ofMillis(1));
                while (!running.isEmpty() && running.element().due() <= tick) {
                    running.remove().arrive(pool);
                }
                if (random.nextInt(3) == 0) {
                    Candidate<String> chosen = pool.connect(PoolBench.client(tick));
                    counts.merge(chosen.backend(), 1, Integer::sum);
                    int takes = millis[chosen.backend().charAt(0) - 'a'];
                    running.add(new Answer(chosen, tick, tick + takes + random.nextInt(3)));
                }
            }
            int slow = counts.getOrDefault("c", 0);
            assertThat(slow).as("seed %d: %s", seed, counts).isPositive();
            assertThat(counts.getOrDefault("a", 0))
                    .as("seed %d: %s", seed, counts)
                    .isGreaterThan(3 * slow);
            assertThat(counts.getOrDefault("b", 0))
                    .as("seed %d: %s", seed, counts)
                    .isGreaterThan(3 * slow);
        }
    }

    private record Answer(Candidate<String> candidate, int asked, int due) {

        void arrive(PoolBench pool) {
            candidate.answered(Duration.ofMillis(due - asked), pool.now());
            candidate.connectionEnded();
        }
    }
}
