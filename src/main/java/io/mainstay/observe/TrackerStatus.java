// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Instant;

/**
 * One tracker of a virtual router in a snapshot.
 *
 * @param kind interface, script, process, file or service
 * @param name which one
 * @param effect what a failure does: {@code fault}, a weight in figures, or the word stated if what is tracked says so itself
 * @param added what it adds to the priority now
 * @param detail what was seen last, for people
 * @param since when it entered the state, wall clock
 */
public record TrackerStatus(
        String kind, String name, State state, String effect, int added, String detail, Instant since) {

    /** Up and down are debounced. */
    public enum State {
        /** Nothing was looked at yet. */
        UNDECIDED,
        UP,
        DOWN
    }
}
