// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Makes the election seen by other threads: at once when something has changed that people wait for, and else once in a
 * while. Belongs to the election thread but for {@link #latest}, which any thread may call.
 */
final class SnapshotPublisher {

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final ElectionReports reports;
    private final Supplier<ElectionSnapshot> source;
    private final ActiveChanges activeChanges = new ActiveChanges();
    private volatile ElectionSnapshot latest;
    private boolean worthIt;

    /** @param source takes a snapshot of now */
    SnapshotPublisher(ElectionReports reports, Supplier<ElectionSnapshot> source) {
        this.reports = reports;
        this.source = source;
        latest = source.get();
    }

    ElectionSnapshot latest() {
        return latest;
    }

    /** Something has changed that people wait for. */
    void news() {
        worthIt = true;
    }

    /** At the end of a turn. */
    void publish(MonotonicInstant now) {
        boolean old = now.since(latest.takenAt()).compareTo(PAUSE) >= 0;
        if (reports.takeTransitioned() || worthIt || old) {
            worthIt = false;
            latest = source.get();
            activeChanges.since(latest).forEach(reports::fact);
        }
    }
}
