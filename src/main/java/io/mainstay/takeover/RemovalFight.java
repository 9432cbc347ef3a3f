// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Notices when somebody removes held addresses as fast as they are put back, so that neither side burns the CPU. */
final class RemovalFight {

    /** How long to wait with putting back while the fight goes on. */
    static final Duration PAUSE = Duration.ofMillis(100);

    private static final int PATIENCE = 5;
    private static final Duration WINDOW = Duration.ofSeconds(10);

    private @Nullable MonotonicInstant windowStart;
    private int removals;

    /** Counts one removal and says whether there were too many of late to answer at once. */
    boolean isFierce(MonotonicInstant now) {
        if (windowStart == null || now.since(windowStart).compareTo(WINDOW) >= 0) {
            windowStart = now;
            removals = 0;
        }
        removals++;
        return removals > PATIENCE;
    }
}
