// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Duration;
import java.util.List;

/** The recent events, for readers. Safe for use by several threads. */
public interface EventFeed {

    /**
     * The events kept in memory whose sequence is greater than {@code sequence}, oldest first. If the first one is greater
     * by more than one, the events between are no longer kept.
     */
    List<Event> since(long sequence);

    /**
     * As {@link #since}, but waits for one if there is none.
     *
     * @return empty if none came within {@code timeout}, or if the feed has {@link #ended}
     * @throws InterruptedException if the calling thread was interrupted while it waited
     */
    List<Event> awaitSince(long sequence, Duration timeout) throws InterruptedException;

    /** All events that are kept, on disk as well, oldest first. Reads the disk: not for a thread that must not wait. */
    default List<Event> history() {
        return since(0);
    }

    /** Whether no event will come any more. */
    boolean ended();
}
