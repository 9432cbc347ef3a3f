// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CheckScheduleTest {

    private static final Duration INTERVAL = Duration.ofSeconds(10);

    @Test
    void theNextCheckComesWithinATenthOfTheInterval() {
        assertThat(CheckSchedule.beforeNext(INTERVAL, 0)).isEqualTo(Duration.ofSeconds(9));
        assertThat(CheckSchedule.beforeNext(INTERVAL, -1L))
                .isBetween(Duration.ofMillis(10_999), Duration.ofSeconds(11));
        assertThat(CheckSchedule.beforeNext(INTERVAL, Long.MIN_VALUE)).isEqualTo(INTERVAL);
    }

    @Test
    void theFirstCheckComesAtOnce() {
        assertThat(CheckSchedule.beforeFirst(INTERVAL, 0)).isZero();
        assertThat(CheckSchedule.beforeFirst(INTERVAL, -1L)).isLessThan(CheckSchedule.FIRST_WITHIN);
        assertThat(CheckSchedule.beforeFirst(Duration.ofMillis(100), -1L)).isLessThan(Duration.ofMillis(10));
    }

    @Test
    @Tag("property")
    void checksComeAtTheIntervalOnAverage() {
        long seed = 7;
        Random random = new Random(seed);
        Duration sum = Duration.ZERO;
        int checks = 10_000;
        for (int i = 0; i < checks; i++) {
            sum = sum.plus(CheckSchedule.beforeNext(INTERVAL, random.nextLong()));
        }
        assertThat(sum.dividedBy(checks))
                .as("seed %d", seed)
                .isBetween(Duration.ofMillis(9_950), Duration.ofMillis(10_050));
    }
}
