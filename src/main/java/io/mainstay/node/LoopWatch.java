// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static io.mainstay.node.JournalText.milliseconds;

import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notices when the election thread did not run as it wanted to: the guard had to speak for it, or the next larger pause would
 * have cost the lease. Says so at most every ten seconds, with how often it happened. Belongs to the election thread.
 */
final class LoopWatch {

    private static final Duration PAUSE = Duration.ofSeconds(10);

    /** While classes are loaded for the first time a turn may be slow, and nothing is held yet. */
    private static final Duration WARM_UP = Duration.ofSeconds(5);

    private final Duration lease;
    private final Duration threshold;
    private final MonotonicInstant warmFrom;
    private Duration longest = Duration.ZERO;
    private Duration longestUntold = Duration.ZERO;
    private int untold;
    private long stoodInUntold;
    private @Nullable MonotonicInstant lastTold;

    /**
     * A watch that has seen nothing yet.
     *
     * @param lease how long the guard lets the election be silent
     */
    LoopWatch(Duration lease, MonotonicInstant startedAt) {
        this.lease = lease;
        warmFrom = startedAt.plus(WARM_UP);
        threshold = lease.dividedBy(2);
    }

    /**
     * The election was so much later than it wanted to be, or busy for so long with one turn.
     *
     * @param stoodIn how often the guard has advertised in its place since the last call
     */
    Optional<EventDraft> onGap(Duration gap, long stoodIn, MonotonicInstant now) {
        longest = longer(longest, gap);
        if (now.isBefore(warmFrom)) {
            return Optional.empty();
        }
        longestUntold = longer(longestUntold, gap);
        stoodInUntold += stoodIn;
        if (gap.compareTo(threshold) < 0 && stoodIn == 0) {
            return Optional.empty();
        }
        untold++;
        if (lastTold != null && now.since(lastTold).compareTo(PAUSE) < 0) {
            return Optional.empty();
        }
        EventDraft fact = EventDraft.warning(
                        EventKind.ELECTION_LATE,
                        "node",
                        "the election did not run for " + milliseconds(longestUntold)
                                + ": this process or its host stood still" + inItsPlace())
                .with("late", milliseconds(longestUntold))
                .with("times", untold)
                .with("lease", milliseconds(lease))
                .with("stood_in", Long.toString(stoodInUntold));
        lastTold = now;
        longestUntold = Duration.ZERO;
        stoodInUntold = 0;
        untold = 0;
        return Optional.of(fact);
    }

    private String inItsPlace() {
        return switch ((int) Math.min(stoodInUntold, 2)) {
            case 0 -> "";
            case 1 -> "; the guard advertised once in its place";
            default -> "; the guard advertised " + stoodInUntold + " times in its place";
        };
    }

    /** The longest gap so far. */
    Duration longest() {
        return longest;
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
