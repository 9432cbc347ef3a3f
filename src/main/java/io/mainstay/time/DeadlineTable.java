// SPDX-License-Identifier: Apache-2.0
package io.mainstay.time;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One slot per named timer, each empty or set to an instant; the owner sleeps until {@link #next} and then takes what is
 * due. Not safe for use by several threads.
 *
 * @param <T> the names of the timers
 */
public final class DeadlineTable<T extends Enum<T>> {

    private final Map<T, MonotonicInstant> deadlines;

    public DeadlineTable(Class<T> timers) {
        deadlines = new EnumMap<>(timers);
    }

    /** Sets or moves a timer. */
    public void set(T timer, MonotonicInstant deadline) {
        deadlines.put(timer, deadline);
    }

    /** Empties a slot; an empty one stays empty. */
    public void clear(T timer) {
        deadlines.remove(timer);
    }

    public void clearAll() {
        deadlines.clear();
    }

    public Optional<MonotonicInstant> get(T timer) {
        return Optional.ofNullable(deadlines.get(timer));
    }

    /** The earliest deadline, or empty if no timer is set. */
    public Optional<MonotonicInstant> next() {
        return deadlines.values().stream().reduce(MonotonicInstant::earlierOf);
    }

    /**
     * Takes the timer whose deadline came first among those due, emptying its slot; among equals the
     * one named first. Null if none is due.
     */
    public @Nullable T takeDue(MonotonicInstant now) {
        T due = null;
        MonotonicInstant earliest = now;
        for (Map.Entry<T, MonotonicInstant> slot : deadlines.entrySet()) {
            MonotonicInstant deadline = slot.getValue();
            if (due == null ? now.hasReached(deadline) : deadline.isBefore(earliest)) {
                due = slot.getKey();
                earliest = deadline;
            }
        }
        if (due != null) {
            deadlines.remove(due);
        }
        return due;
    }
}
