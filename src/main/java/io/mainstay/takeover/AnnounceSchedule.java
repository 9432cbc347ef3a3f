// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When to announce: dense at first, since a lost announcement costs until the next one, then once a second until the
 * configured number is reached, then at the refresh pause.
 */
final class AnnounceSchedule {

    private static final List<Duration> FIRST_OFFSETS = List.of(
            Duration.ZERO,
            Duration.ofMillis(50),
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(1));

    private final AnnounceConfig config;
    private MonotonicInstant start = new MonotonicInstant(0);
    private int announced;
    private @Nullable MonotonicInstant next;

    AnnounceSchedule(AnnounceConfig config) {
        this.config = config;
    }

    /** Begins a burst whose first announcement is due at {@code first}. */
    void begin(MonotonicInstant first) {
        start = first;
        announced = 0;
        next = first;
    }

    /** Begins a burst whose first announcement was made at {@code made}. */
    void beginAfter(MonotonicInstant made) {
        begin(made);
        advance(made);
    }

    void stop() {
        next = null;
    }

    /** Whether an announcement is due; if so the next one is scheduled, and one that was slept through is left out. */
    boolean takeDue(MonotonicInstant now) {
        if (next == null || !now.hasReached(next)) {
            return false;
        }
        advance(now);
        return true;
    }

    /** Whether the announcements of the burst have all been made, so that what follows is refreshes. */
    boolean isBurstOver() {
        return announced >= config.repeat();
    }

    private void advance(MonotonicInstant now) {
        MonotonicInstant following;
        do {
            announced++;
            if (announced >= config.repeat()) {
                next = config.refresh().isZero() ? null : now.plus(config.refresh());
                return;
            }
            following = start.plus(offset(announced));
        } while (now.hasReached(following));
        next = following;
    }

    private static Duration offset(int index) {
        int last = FIRST_OFFSETS.size() - 1;
        return index <= last
                ? FIRST_OFFSETS.get(index)
                : FIRST_OFFSETS.get(last).plusSeconds(index - last);
    }

    Optional<MonotonicInstant> nextDeadline() {
        return Optional.ofNullable(next);
    }
}
