// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.observe.EventDraft;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoopWatchTest {

    private static final MonotonicInstant START = new MonotonicInstant(0);

    private final LoopWatch watch = new LoopWatch(Duration.ofMillis(200), START);

    private Optional<EventDraft> gap(int millis, int atSeconds) {
        return gap(millis, 0, atSeconds);
    }

    private Optional<EventDraft> gap(int millis, int stoodIn, int atSeconds) {
        return watch.onGap(Duration.ofMillis(millis), stoodIn, START.plus(Duration.ofSeconds(atSeconds)));
    }

    @Test
    void whatIsShorterThanHalfTheLeaseIsOnlyRemembered() {
        assertThat(gap(99, 10)).isEmpty();
        assertThat(watch.longest()).isEqualTo(Duration.ofMillis(99));
    }

    @Test
    void halfTheLeaseIsTold() {
        assertThat(gap(100, 10).orElseThrow().fields())
                .containsEntry("late", "100.0ms")
                .containsEntry("times", "1")
                .containsEntry("lease", "200.0ms");
    }

    @Test
    void aSlowStartIsNotTold() {
        assertThat(gap(1500, 4)).isEmpty();
        assertThat(watch.longest()).isEqualTo(Duration.ofMillis(1500));
        assertThat(gap(150, 5)).isPresent();
    }

    @Test
    void aShorterOneIsToldIfTheGuardHadToSpeakMeanwhile() {
        assertThat(gap(60, 0, 10)).isEmpty();
        EventDraft told = gap(1, 1, 10).orElseThrow();
        assertThat(told.sentence()).endsWith("stood still; the guard advertised once in its place");
        assertThat(told.fields()).containsEntry("late", "60.0ms").containsEntry("stood_in", "1");
        assertThat(gap(40, 2, 11)).isEmpty();
        assertThat(gap(40, 3, 20).orElseThrow().sentence()).endsWith("; the guard advertised 5 times in its place");
    }

    @Test
    void manyAreToldTogetherEveryTenSeconds() {
        assertThat(gap(100, 20)).isPresent();
        assertThat(gap(300, 21)).isEmpty();
        assertThat(gap(120, 29)).isEmpty();
        assertThat(gap(110, 30).orElseThrow().fields())
                .containsEntry("late", "300.0ms")
                .containsEntry("times", "3");
        assertThat(gap(110, 41).orElseThrow().fields())
                .containsEntry("late", "110.0ms")
                .containsEntry("times", "1");
    }
}
