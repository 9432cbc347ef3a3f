// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "0s, 0, 0s",
        "0ms, 0, 0s",
        "250ms, 250, 250ms",
        "1000ms, 1000, 1s",
        "1.5s, 1500, 1.5s",
        "40.95s, 40950, 40.95s",
        "0.25s, 250, 250ms",
        "90s, 90000, 90s",
        "1.5m, 90000, 90s",
        "60s, 60000, 1m",
        "1h, 3600000, 1h",
        "168h, 604800000, 168h",
        "999999999h, 3599999996400000, 999999999h"
    })
    void aNumberWithItsUnitIsReadAndWrittenShortest(String text, long millis, String shortest) {
        assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(millis));
        assertThat(Durations.format(Duration.ofMillis(millis))).isEqualTo(shortest);
        assertThat(Durations.parse(shortest)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "s", "10", "-1s", "+1s", "1 s", "1s ", "1d", "1S", ".5s", "1.s", "0.0001s", "1h30m", "1e3s"})
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Durations.parse(text))
                .withMessage("duration: " + text + " (expected: such as 250ms, 10s, 1m or 1h)");
    }
}
