// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.time.Duration;

/**
 * What became of a request to hand over.
 *
 * @param outcome whether a peer took over
 * @param duration from the request to the outcome
 * @param detail the outcome as a sentence, without a full stop
 */
public record HandOverResult(Outcome outcome, Duration duration, String detail) {

    /** How a hand-over can end. */
    public enum Outcome {
        /** A peer is Active now. */
        HANDED_OVER("handed-over"),
        /** No peer took over in time; this node serves on and never stopped. */
        REFUSED("refused"),
        /** This node was not Active, so there was nothing to hand over. */
        NOT_ACTIVE("not-active"),
        /** Something else ended this node's time as Active: a stall, a fault, a stop. */
        INTERRUPTED("interrupted"),
        /** There is no virtual router of that name. */
        UNKNOWN_ROUTER("unknown-router"),
        /** The election thread has too many requests waiting, or has ended. */
        NOT_ACCEPTED("not-accepted");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }

        /** The stable word for machine-readable output. */
        public String label() {
            return label;
        }
    }
}
