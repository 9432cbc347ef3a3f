// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TimerWheelTest {

    private static final long TICK = TimerWheel.TICK_NANOS;

    private final TimerWheel wheel = new TimerWheel(0);
    private final List<Alarm> served = new ArrayList<>();

    private final class Alarm extends TimerWheel.Entry {

        private long deadline;
        private long servedAt = Long.MIN_VALUE;

        Alarm(long deadline) {
            this.deadline = deadline;
        }

        @Override
        long deadlineNanos() {
            return deadline;
        }

        @Override
        void onDeadline(long nowNanos) {
            servedAt = nowNanos;
            served.add(this);
        }
    }

    @Test
    void anEntryIsServedOnceAfterItsDeadline() {
        Alarm alarm = new Alarm(5 * TICK);
        wheel.file(alarm, 0);
        for (int tick = 1; tick <= 20; tick++) {
            wheel.advance(tick * TICK);
        }
        assertThat(served).containsExactly(alarm);
        assertThat(alarm.servedAt).isBetween(5 * TICK, 8 * TICK);
        assertThat(wheel.isEmpty()).isTrue();
    }

    @Test
    void anEntryWhoseDeadlineMovedOnIsServedAtTheNewOne() {
        Alarm alarm = new Alarm(5 * TICK);
        wheel.file(alarm, 0);
        alarm.deadline = 50 * TICK;
        wheel.advance(40 * TICK);
        assertThat(served).isEmpty();
        wheel.advance(53 * TICK);
        assertThat(served).containsExactly(alarm);
    }

    @Test
    void anEntryThatIsFiledAgainIsServedAtTheNearerDeadline() {
        Alarm alarm = new Alarm(500 * TICK);
        wheel.file(alarm, 0);
        alarm.deadline = 5 * TICK;
        wheel.file(alarm, 0);
        assertThat(wheel.size()).isEqualTo(1);
        wheel.advance(8 * TICK);
        assertThat(served).containsExactly(alarm);
    }

    @Test
    void anEntryThatIsTakenOutIsNotServed() {
        Alarm alarm = new Alarm(5 * TICK);
        wheel.file(alarm, 0);
        wheel.remove(alarm);
        wheel.remove(alarm);
        wheel.advance(100 * TICK);
        assertThat(served).isEmpty();
        assertThat(wheel.size()).isZero();
    }

    @Test
    void aLongPauseServesAllThatFellDue() {
        List<Alarm> alarms = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            Alarm alarm = new Alarm(i * TICK);
            alarms.add(alarm);
            wheel.file(alarm, 0);
        }
        wheel.advance(1_000_000 * TICK);
        assertThat(served).containsExactlyInAnyOrderElementsOf(alarms);
    }

    @Test
    @Tag("property")
    void noEntryIsServedBeforeItsDeadlineNorMuchLater() {
        for (long seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            // Some of the clocks overflow on the way.
            long now = seed % 2 == 0 ? random.nextLong() : Long.MAX_VALUE - 300 * TICK;
            TimerWheel fresh = new TimerWheel(now);
            List<Alarm> filed = new ArrayList<>();
            served.clear();
            for (int step = 0; step < 2000; step++) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        Alarm alarm = new Alarm(now + random.nextLong(1000 * TICK));
                        filed.add(alarm);
                        fresh.file(alarm, now);
                    }
                    case 1 -> {
                        if (!filed.isEmpty()) {
                            fresh.remove(filed.remove(random.nextInt(filed.size())));
                        }
                    }
                    case 2 -> {
                        if (!filed.isEmpty()) {
                            Alarm moved = filed.get(random.nextInt(filed.size()));
                            long deadline = now + random.nextLong(1000 * TICK);
                            boolean nearer = deadline - moved.deadline < 0;
                            moved.deadline = deadline;
                            if (nearer) {
                                fresh.file(moved, now);
                            }
                        }
                    }
                    default -> {
                        now += TICK;
                        fresh.advance(now);
                        filed.removeAll(served);
                        for (Alarm alarm : served) {
                            assertThat(alarm.servedAt - alarm.deadline)
                                    .as("seed %d, step %d", seed, step)
                                    .isBetween(0L, 3 * TICK);
                        }
                        served.clear();
                        for (Alarm waiting : filed) {
                            assertThat(now - waiting.deadline)
                                    .as("seed %d, step %d", seed, step)
                                    .isLessThan(3 * TICK);
                        }
                    }
                }
                assertThat(fresh.size()).as("seed %d, step %d", seed, step).isEqualTo(filed.size());
            }
        }
    }
}
