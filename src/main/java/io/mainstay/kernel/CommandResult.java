// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import java.time.Duration;

/** What became of a {@link Command}. */
public sealed interface CommandResult {

    /** How long it took. */
    Duration duration();

    /** For people, without a full stop. */
    String sentence();

    /** Whether it did what it was to do. */
    default boolean isSuccess() {
        return this instanceof Ended ended && ended.status() == 0;
    }

    /**
     * It ended by itself.
     *
     * @param status its exit status; 128 and the number of a signal if that ended it
     * @param lastLine the last line that it printed; empty if none
     */
    record Ended(int status, Duration duration, String lastLine) implements CommandResult {

        @Override
        public String sentence() {
            return "exit status " + status + (lastLine.isEmpty() ? "" : ": " + lastLine);
        }
    }

    /**
     * It was ended because it took too long.
     *
     * @param gone false if something of it is still there, as a process that waits for a dead disk cannot be ended
     * @param lastLine as in {@link Ended}
     */
    record TimedOut(Duration timeout, Duration duration, boolean gone, String lastLine) implements CommandResult {

        @Override
        public String sentence() {
            return "ended after its timeout of " + timeout.toMillis() + "ms"
                    + (gone ? "" : ", and still there as the kernel cannot end it")
                    + (lastLine.isEmpty() ? "" : ": " + lastLine);
        }
    }

    /** It could not be run. */
    record NotRun(String reason) implements CommandResult {

        @Override
        public Duration duration() {
            return Duration.ZERO;
        }

        @Override
        public String sentence() {
            return "cannot be run: " + reason;
        }
    }
}
