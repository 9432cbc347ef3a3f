// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnnounceScheduleTest {

    private static final MonotonicInstant START = new MonotonicInstant(-77);

    private static List<Long> millisOfAnnouncements(AnnounceSchedule schedule, int most) {
        List<Long> millis = new ArrayList<>();
        while (millis.size() < most && schedule.nextDeadline().isPresent()) {
            MonotonicInstant next = schedule.nextDeadline().get();
            assertThat(schedule.takeDue(next.plusNanos(-1))).isFalse();
            assertThat(schedule.takeDue(next)).isTrue();
            millis.add(next.since(START).toMillis());
        }
        return millis;
    }

    @Test
    void announcementsAreDenseAtFirstAndThenOneASecond() {
        AnnounceSchedule schedule = new AnnounceSchedule(new AnnounceConfig(8, Duration.ZERO));
        schedule.begin(START);
        assertThat(millisOfAnnouncements(schedule, 100))
                .containsExactly(0L, 50L, 200L, 500L, 1000L, 2000L, 3000L, 4000L);
    }

    @Test
    void afterTheBurstTheyAreRefreshed() {
        AnnounceSchedule schedule = new AnnounceSchedule(new AnnounceConfig(2, Duration.ofSeconds(60)));
        schedule.begin(START);
        assertThat(millisOfAnnouncements(schedule, 4)).containsExactly(0L, 50L, 60_050L, 120_050L);
    }

    @Test
    void theOneMadeAtTheTakeoverCounts() {
        AnnounceSchedule schedule = new AnnounceSchedule(new AnnounceConfig(3, Duration.ZERO));
        schedule.beginAfter(START);
        assertThat(millisOfAnnouncements(schedule, 100)).containsExactly(50L, 200L);
    }

    @Test
    void whatWasSleptThroughIsLeftOut() {
        AnnounceSchedule schedule = new AnnounceSchedule(new AnnounceConfig(5, Duration.ZERO));
        schedule.begin(START);
        assertThat(schedule.takeDue(START.plus(Duration.ofMillis(300)))).isTrue();
        assertThat(millisOfAnnouncements(schedule, 100)).containsExactly(500L, 1000L);
    }

    @Test
    void stoppedItAsksForNothing() {
        AnnounceSchedule schedule = new AnnounceSchedule(new AnnounceConfig(5, Duration.ofSeconds(1)));
        schedule.begin(START);
        schedule.stop();
        assertThat(schedule.nextDeadline()).isEmpty();
        assertThat(schedule.takeDue(START.plus(Duration.ofHours(1)))).isFalse();
    }
}
