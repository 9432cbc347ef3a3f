// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of one virtual router that was asked to move.
 *
 * @param virtualRouter its name
 * @param result how far it got
 * @param newActive address of the node that took over; null unless handed over
 * @param elapsed since the request
 * @param detail more for people, such as why it failed; may be empty
 */
public record SwitchoverOutcome(
        String virtualRouter, Result result, @Nullable String newActive, Duration elapsed, String detail) {

    /** How far a switchover got. */
    public enum Result {
        /** It is under way; the request did not ask to wait. */
        STARTED,
        /** Another node is Active. */
        HANDED_OVER,
        /** No other node took over in time; this one goes on serving. */
        FAILED
    }
}
