// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.kernel.Latency.Quantiles;
import io.mainstay.kernel.FlowProgram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LatencyWindowTest {

    private static final long MINUTE = 60_000;

    private static List<Long> buckets(int bucket, long count) {
        List<Long> buckets = new ArrayList<>(Collections.nCopies(24, 0L));
        buckets.set(bucket, count);
        return buckets;
    }

    private static FlowProgram.Latency connects(int bucket, long count) {
        return new FlowProgram.Latency(buckets(bucket, count), buckets(0, 0));
    }

    private static long connects(LatencyWindow window) {
        Latency latency = window.latency();
        return latency == null ? 0 : Objects.requireNonNull(latency.connect()).count();
    }

    @Test
    void quantilesLieInTheBucketThatHasThem() {
        List<Long> buckets = buckets(7, 98);
        buckets.set(10, 2L);
        Quantiles quantiles = Objects.requireNonNull(Quantiles.of(buckets));
        assertThat(quantiles.count()).isEqualTo(100);
        assertThat(quantiles.median()).isBetween(Duration.ofNanos(128_000), Duration.ofNanos(256_000));
        assertThat(quantiles.p99()).isEqualTo(Duration.ofNanos(1_536_000));
    }

    @Test
    void theFirstAndTheLastBucketCountToo() {
        assertThat(Objects.requireNonNull(Quantiles.of(buckets(0, 1))).p99()).isLessThan(Duration.ofNanos(2_000));
        assertThat(Objects.requireNonNull(Quantiles.of(buckets(23, 1))).median())
                .isGreaterThanOrEqualTo(Duration.ofSeconds(8));
        assertThat(Quantiles.of(buckets(5, 0))).isNull();
    }

    @Test
    void whatWasCountedBeforeTheDaemonLookedIsNotTold() {
        LatencyWindow window = new LatencyWindow();
        assertThat(window.latency()).isNull();
        window.take(connects(3, 1000), 0);
        assertThat(window.latency()).isNull();
        window.take(connects(3, 1010), 1000);
        assertThat(connects(window)).isEqualTo(10);
        assertThat(Objects.requireNonNull(window.latency()).firstByte()).isNull();
    }

    @Test
    void onlyTheLastOneToTwoMinutesCount() {
        LatencyWindow window = new LatencyWindow();
        window.take(connects(3, 0), 0);
        window.take(connects(3, 100), MINUTE / 2);
        assertThat(connects(window)).isEqualTo(100);
        window.take(connects(3, 101), MINUTE);
        window.take(connects(3, 102), MINUTE + MINUTE / 2);
        assertThat(connects(window)).as("at most two minutes back").isEqualTo(102);
        window.take(connects(3, 103), 2 * MINUTE);
        assertThat(connects(window))
                .as("from the look before the first minute was over")
                .isEqualTo(3);
        window.take(connects(3, 103), 3 * MINUTE);
        window.take(connects(3, 103), 4 * MINUTE);
        window.take(connects(3, 103), 5 * MINUTE);
        assertThat(window.latency()).isNull();
    }

    @Test
    void afterALongSilenceNothingOfBeforeIsTold() {
        LatencyWindow window = new LatencyWindow();
        window.take(connects(3, 0), 0);
        window.take(connects(3, 50), 1000);
        window.take(connects(3, 51), 10 * MINUTE);
        assertThat(connects(window)).isEqualTo(1);
    }
}
