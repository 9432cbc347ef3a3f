// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.PanicConfig.MinHealthy;
import io.mainstay.forward.PanicConfig.OnPanic;
import org.junit.jupiter.api.Test;

class TierTest {

    private static PoolBench bench(String minHealthy, OnPanic onPanic) {
        boolean percent = minHealthy.endsWith("%");
        int amount = Integer.parseInt(minHealthy.replace("%", ""));
        return new PoolBench(SelectionConfig.of(Balance.ROUND_ROBIN)
                .withPanic(new PanicConfig(new MinHealthy(amount, percent), onPanic)));
    }

    @Test
    void backupsServeOnlyWhenNoOtherIsHealthy() {
        PoolBench bench = PoolBench.of(Balance.ROUND_ROBIN, 1, 1);
        bench.add(1, 0, true);
        bench.add(1, 0, true);
        assertThat(bench.sequence(4)).isEqualTo("abab");
        bench.standing(0, Standing.FAILING);
        assertThat(bench.sequence(2)).isEqualTo("bb");
        bench.standing(1, Standing.OUT);
        assertThat(bench.pool().tier()).isEqualTo(Tier.BACKUP);
        assertThat(bench.sequence(4)).isEqualTo("cdcd");
        bench.standing(0, Standing.HEALTHY);
        assertThat(bench.pool().tier()).isEqualTo(Tier.HEALTHY);
        assertThat(bench.sequence(2)).isEqualTo("aa");
    }

    @Test
    void backupsDoNotTakeWhatIsTooMuchForTheOthers() {
        PoolBench bench = new PoolBench(SelectionConfig.of(Balance.LEAST_CONN));
        bench.add(1, 1, false);
        bench.add(1, 0, true);
        bench.connect(PoolBench.client(1));
        assertThat(bench.tryToChoose(PoolBench.client(2))).isNull();
    }

    @Test
    void belowTheThresholdFailRefusesEvenWhileOneIsHealthy() {
        PoolBench bench = bench("2", OnPanic.FAIL).with(1, 1, 1);
        bench.add(1, 0, true);
        bench.standing(0, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.HEALTHY);
        bench.standing(1, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.NONE);
        assertThat(bench.tryToChoose(PoolBench.client(1))).isNull();
    }

    @Test
    void belowTheThresholdBackupReplacesWhatIsLeft() {
        PoolBench bench = bench("2", OnPanic.BACKUP).with(1, 1);
        bench.add(1, 0, true);
        bench.standing(0, Standing.FAILING);
        assertThat(bench.sequence(2)).isEqualTo("cc");
    }

    @Test
    void withoutAHealthyBackupTheOnesThatAreLeftServe() {
        PoolBench bench = bench("2", OnPanic.BACKUP).with(1, 1);
        bench.add(1, 0, true);
        bench.standing(0, Standing.FAILING);
        bench.standing(2, Standing.FAILING);
        assertThat(bench.sequence(2)).isEqualTo("bb");
        bench.standing(1, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.NONE);
    }

    @Test
    void belowTheThresholdAllServeWhateverTheirChecksSay() {
        PoolBench bench = bench("50%", OnPanic.ALL).with(1, 1, 1, 1);
        bench.standing(0, Standing.FAILING);
        bench.standing(1, Standing.FAILING);
        assertThat(bench.pool().tier()).as("two of four are half").isEqualTo(Tier.HEALTHY);
        bench.standing(2, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.ALL);
        assertThat(bench.count(8)).containsOnlyKeys("a", "b", "c", "d");
    }

    @Test
    void healthyBackupsGoBeforeAll() {
        PoolBench bench = bench("1", OnPanic.ALL).with(1);
        bench.add(1, 0, true);
        bench.standing(0, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.BACKUP);
        bench.standing(1, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.ALL);
        assertThat(bench.sequence(2)).as("a backup that fails is no help").isEqualTo("aa");
    }

    @Test
    void whatTheOperatorTookOutServesInNoPanic() {
        PoolBench bench = bench("1", OnPanic.ALL).with(1, 1, 1);
        bench.standing(0, Standing.OUT);
        bench.standing(1, Standing.DRAINING);
        bench.standing(2, Standing.FAILING);
        assertThat(bench.count(4)).containsOnlyKeys("c");
        bench.standing(2, Standing.OUT);
        assertThat(bench.pool().tier()).isEqualTo(Tier.NONE);
    }

    @Test
    void aPercentageIsOfThoseThatTheOperatorWantsToServe() {
        PoolBench bench = bench("100%", OnPanic.FAIL).with(1, 1, 1);
        bench.standing(0, Standing.DRAINING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.HEALTHY);
        bench.standing(1, Standing.FAILING);
        assertThat(bench.pool().tier()).isEqualTo(Tier.NONE);
    }

    @Test
    void aBackendThatWantsNoConnectionsIsNoHealthyOne() {
        PoolBench bench = bench("1", OnPanic.BACKUP).with(1);
        bench.add(1, 0, true);
        bench.pool().setWanted(bench.candidate(0), 0, 0);
        assertThat(bench.sequence(1)).isEqualTo("b");
    }
}
