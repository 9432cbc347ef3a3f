// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings the events of the ring to disk, and carries on without the disk while it refuses: one warning, a new attempt
 * after a pause, and then everything that the ring still holds.
 *
 * <p>Used by the journal's writer thread alone.
 */
final class JournalStore {

    static final Duration RETRY_PAUSE = Duration.ofSeconds(10);

    private final JournalFile file;
    private final EventRing ring;
    private final MonotonicClock clock;
    private long lastStored;
    private long failedSince;
    private long storedSinceFailure;
    private @Nullable MonotonicInstant retryAt;

    JournalStore(JournalFile file, EventRing ring, MonotonicClock clock, long lastStored) {
        this.file = file;
        this.ring = ring;
        this.clock = clock;
        this.lastStored = lastStored;
    }

    /**
     * Stores what is not stored yet, unless it is too early for a new attempt.
     *
     * @return what there is to say about it; null if nothing has changed
     */
    @Nullable
    EventDraft store() {
        if (retryAt != null && clock.now().isBefore(retryAt)) {
            return null;
        }
        List<Event> events = ring.since(lastStored);
        if (events.isEmpty()) {
            return null;
        }
        boolean failing = retryAt != null;
        try {
            for (Event event : events) {
                file.append(event);
                lastStored = event.sequence();
                storedSinceFailure++;
            }
            file.force();
        } catch (IOException e) {
            retryAt = clock.now().plus(RETRY_PAUSE);
            if (failing) {
                return null;
            }
            failedSince = lastStored;
            storedSinceFailure = 0;
            return EventDraft.warning(
                            "journal_unwritable",
                            "node",
                            "the event journal cannot be written; events are kept in memory only until it can")
                    .with("file", file.file(JournalFile.NAME))
                    .with("error", IoProblem.describe(e));
        }
        retryAt = null;
        if (!failing) {
            return null;
        }
        return EventDraft.info("journal_written", "node", "the event journal is written again")
                .with("caught_up", storedSinceFailure)
                .with("missing", lastStored - failedSince - storedSinceFailure);
    }

    /** When {@link #store} will make its next attempt; null if it waits for nothing. */
    @Nullable
    MonotonicInstant retryAt() {
        return retryAt;
    }

    /** Marks that the daemon lives; without effect while the disk refuses. */
    void touch(Instant now) {
        if (retryAt != null) {
            return;
        }
        try {
            file.touch(now);
        } catch (IOException e) {
            // It says when the daemon lived last, no more; the next event tells that the disk refuses.
        }
    }

    void close() {
        file.close();
    }
}
