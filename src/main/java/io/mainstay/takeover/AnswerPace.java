// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How often somebody may be answered by a burst of announcements. */
final class AnswerPace {

    private static final int MOST_PER_SECOND = 3;
    private static final Duration SECOND = Duration.ofSeconds(1);

    private @Nullable MonotonicInstant since;
    private int given;

    /** Counts one answer, if there may be one. */
    boolean allows(MonotonicInstant now) {
        if (since == null || now.since(since).compareTo(SECOND) >= 0) {
            since = now;
            given = 0;
        }
        if (given == MOST_PER_SECOND) {
            return false;
        }
        given++;
        return true;
    }
}
