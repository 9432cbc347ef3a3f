// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How often somebody may be answered by a burst of announcements. */
final class AnswerPace {

    private static final int MOST_PER_SECOND = 3;
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** When the second began in which the answers are counted; of one that was put off it is yet to come. */
    private @Nullable MonotonicInstant since;

    private int given;

    /** When there may be another answer: now or later. */
    MonotonicInstant next(MonotonicInstant now) {
        if (since == null || now.since(since).compareTo(SECOND) >= 0) {
            return now;
        }
        if (now.isBefore(since)) {
            return since;
        }
        return given < MOST_PER_SECOND ? now : since.plus(SECOND);
    }

    /** Counts one answer, at a time that {@link #next} allowed. */
    void give(MonotonicInstant at) {
        if (since == null || at.since(since).compareTo(SECOND) >= 0) {
            since = at;
            given = 0;
        }
        given++;
    }
}
