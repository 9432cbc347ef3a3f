// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

    private static final MonotonicInstant START = new MonotonicInstant(Long.MAX_VALUE - 1_000_000_000L);

    private static int takeAll(TokenBucket bucket, Rate rate, MonotonicInstant now) {
        int taken = 0;
        while (taken < 100_000 && bucket.take(rate, now)) {
            taken++;
        }
        return taken;
    }

    @Test
    void givesASecondsWorthAtOnceAndTheRateAfterThat() {
        TokenBucket bucket = new TokenBucket(START);
        Rate rate = new Rate(50);
        assertThat(takeAll(bucket, rate, START)).isEqualTo(50);
        assertThat(takeAll(bucket, rate, START.plus(Duration.ofMillis(19)))).isZero();
        assertThat(takeAll(bucket, rate, START.plus(Duration.ofMillis(100)))).isEqualTo(5);
        assertThat(takeAll(bucket, rate, START.plus(Duration.ofHours(1)))).isEqualTo(50);
    }

    @Test
    void onceASecondIsOnceASecond() {
        TokenBucket bucket = new TokenBucket(START);
        assertThat(takeAll(bucket, new Rate(1), START)).isEqualTo(1);
        assertThat(takeAll(bucket, new Rate(1), START.plus(Duration.ofMillis(999))))
                .isZero();
        assertThat(takeAll(bucket, new Rate(1), START.plus(Duration.ofSeconds(1))))
                .isEqualTo(1);
    }

    @Test
    void withoutALimitThereIsAlwaysOne() {
        assertThat(takeAll(new TokenBucket(START), Rate.UNLIMITED, START)).isEqualTo(100_000);
    }

    @Test
    void knowsWhenItIsAsNew() {
        TokenBucket bucket = new TokenBucket(START);
        assertThat(bucket.isFull(START)).isTrue();
        bucket.take(new Rate(10), START);
        assertThat(bucket.isFull(START.plus(Duration.ofMillis(99)))).isFalse();
        assertThat(bucket.isFull(START.plus(Duration.ofMillis(100)))).isTrue();
    }

    @Test
    @Tag("property")
    void inNoStretchOfTimeIsMoreTakenThanASecondsWorthAndTheRate() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            Rate rate = new Rate(1 + random.nextInt(2000));
            TokenBucket bucket = new TokenBucket(START);
            MonotonicInstant now = START;
            long taken = 0;
            for (int i = 0; i < 2_000; i++) {
                now = now.plusNanos(random.nextInt(5_000_000));
                taken += bucket.take(rate, now) ? 1 : 0;
                double most = rate.perSecond() * (1 + now.nanosSince(START) * 1e-9);
                assertThat((double) taken).as("seed %d, step %d", seed, i).isLessThanOrEqualTo(most + 1);
            }
        }
    }
}
