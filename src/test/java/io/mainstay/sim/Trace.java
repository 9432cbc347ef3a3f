// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.Supplier;

/** The last things that happened, kept only when a run is replayed for a person to read. */
final class Trace {

    private static final int MOST_LINES = 2000;

    private final boolean kept;
    private final Deque<String> lines = new ArrayDeque<>();

    Trace(boolean kept) {
        this.kept = kept;
    }

    void say(long atNanos, Supplier<String> line) {
        if (kept) {
            if (lines.size() == MOST_LINES) {
                lines.removeFirst();
            }
            lines.add(String.format(Locale.ROOT, "%12.6f  %s", atNanos / 1e9, line.get()));
        }
    }

    @Override
    public String toString() {
        return String.join(System.lineSeparator(), lines);
    }
}
