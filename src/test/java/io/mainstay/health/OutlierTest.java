// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutlierTest {

    private static final Duration TIME = Duration.ofSeconds(30);
    private static final OutlierConfig CONFIG = new OutlierConfig(3, TIME, 50, false);

    private final Outlier outlier = new Outlier();
    private MonotonicInstant now = new MonotonicInstant(Long.MAX_VALUE - 5);

    @Test
    void onlyFailuresInARowEject() {
        assertThat(outlier.record(false, CONFIG)).isFalse();
        assertThat(outlier.record(false, CONFIG)).isFalse();
        assertThat(outlier.record(true, CONFIG)).isFalse();
        assertThat(outlier.record(false, CONFIG)).isFalse();
        assertThat(outlier.record(false, CONFIG)).isFalse();
        assertThat(outlier.record(false, CONFIG)).isTrue();
    }

    @Test
    void anEjectionEndsByItself() {
        assertThat(outlier.isEjected(now)).isFalse();
        assertThat(outlier.eject(CONFIG, now)).isEqualTo(TIME);
        assertThat(outlier.isEjected(now.plus(TIME).plusNanos(-1))).isTrue();
        assertThat(outlier.isEjected(now.plus(TIME))).isFalse();
    }

    @Test
    void whatFailsAgainSoonIsOutForLongerUpToALimit() {
        for (int times = 1; times <= 15; times++) {
            Duration length = outlier.eject(CONFIG, now);
            assertThat(length).as("%d times", times).isEqualTo(TIME.multipliedBy(Math.min(times, Outlier.MOST_TIMES)));
            now = now.plus(length).plus(TIME.dividedBy(2));
        }
    }

    @Test
    void whatServesWellIsForgiven() {
        for (int i = 0; i < 4; i++) {
            now = now.plus(outlier.eject(CONFIG, now));
        }
        now = now.plus(TIME.multipliedBy(2));
        assertThat(outlier.eject(CONFIG, now)).isEqualTo(TIME.multipliedBy(3));
        now = now.plus(Duration.ofDays(1));
        assertThat(outlier.eject(CONFIG, now)).isEqualTo(TIME);
    }

    @Test
    void theShareThatMayBeEjectedIsRoundedDown() {
        assertThat(CONFIG.mostEjected(1)).isZero();
        assertThat(CONFIG.mostEjected(2)).isEqualTo(1);
        assertThat(CONFIG.mostEjected(5)).isEqualTo(2);
    }

    @Test
    void theRecordCanBeWiped() {
        outlier.eject(CONFIG, now);
        outlier.forget();
        assertThat(outlier.isEjected(now)).isFalse();
        assertThat(outlier.eject(CONFIG, now)).isEqualTo(TIME);
    }
}
