// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

/**
 * How a tracker stands.
 *
 * @param added what it adds to the priority now; may be zero or negative
 * @param reason what was seen when that came to be so, for people
 * @param detail what was seen last, for people
 */
public record TrackerStanding(TrackerId id, Effect effect, State state, int added, String reason, String detail) {

    /** Up and down are debounced. */
    public enum State {
        /** Nothing was looked at yet. */
        UNDECIDED,
        UP,
        DOWN
    }

    /** Whether it keeps the node from taking part. */
    public boolean isFault() {
        return state == State.DOWN && !(effect instanceof Effect.Weight);
    }

    /** For people, such as {@code script db: exit status 1}. */
    public String sentence() {
        return id + ": " + reason;
    }
}
