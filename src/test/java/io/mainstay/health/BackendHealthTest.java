// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendHealthTest {

    private static HealthCheckConfig check(int failures, int success) {
        return new HealthCheckConfig(
                new HealthCheckConfig.Tcp(), Duration.ofSeconds(10), Duration.ofSeconds(3), failures, success);
    }

    private final BackendHealth health = new BackendHealth(List.of(check(2, 1), check(1, 2)));

    @Test
    void everyCheckMustHavePassed() {
        assertThat(health.verdict()).isEqualTo(Verdict.UNKNOWN);
        health.record(0, true);
        assertThat(health.verdict()).isEqualTo(Verdict.UNKNOWN);
        health.record(1, true);
        assertThat(health.verdict()).isEqualTo(Verdict.HEALTHY);
    }

    @Test
    void oneThatFailsIsEnoughEvenBeforeTheOthersAreKnown() {
        health.record(1, false);
        assertThat(health.verdict()).isEqualTo(Verdict.UNHEALTHY);
    }

    @Test
    void eachCheckHasThresholdsOfItsOwn() {
        health.record(0, true);
        health.record(1, true);
        health.record(0, false);
        assertThat(health.isChanging(0)).isTrue();
        assertThat(health.isChanging(1)).isFalse();
        assertThat(health.verdict()).isEqualTo(Verdict.HEALTHY);
        health.record(1, false);
        assertThat(health.verdict()).isEqualTo(Verdict.UNHEALTHY);
        health.record(1, true);
        assertThat(health.isChanging(1)).isTrue();
        health.record(1, true);
        assertThat(health.isChanging(1)).isFalse();
        assertThat(health.verdict()).isEqualTo(Verdict.HEALTHY);
    }

    @Test
    void allIsForgotten() {
        health.record(0, true);
        health.record(1, true);
        health.forget();
        assertThat(health.verdict()).isEqualTo(Verdict.UNKNOWN);
    }
}
