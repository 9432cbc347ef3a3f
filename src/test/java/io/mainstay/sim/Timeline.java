// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What is to happen, in the order of true time; at the same time in the order in which it was planned. */
final class Timeline {

    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private long nowNanos;
    private long planned;

    private record Entry(long atNanos, long order, Runnable action) implements Comparable<Entry> {

        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    long nowNanos() {
        return nowNanos;
    }

    void at(long atNanos, Runnable action) {
        entries.add(new Entry(Math.max(atNanos, nowNanos), planned++, action));
    }

    void after(long delayNanos, Runnable action) {
        at(nowNanos + delayNanos, action);
    }

    /** Lets the next thing happen, unless that is after {@code untilNanos}; then true time is set to that and it is false. */
    boolean stepUntil(long untilNanos) {
        @Nullable Entry next = entries.peek();
        if (next == null || next.atNanos > untilNanos) {
            nowNanos = untilNanos;
            return false;
        }
        entries.remove();
        nowNanos = next.atNanos;
        next.action.run();
        return true;
    }
}
