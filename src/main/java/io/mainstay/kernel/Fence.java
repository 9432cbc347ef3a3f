// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;

/**
 * The guard took the node's lease away.
 *
 * @param reason why
 * @param at when
 * @param lateBy how long after the deadline that was; of a suspended machine, with the time that it was suspended
 */
public record Fence(Reason reason, MonotonicInstant at, Duration lateBy) {

    /** Why a node is fenced. */
    public enum Reason {
        /** The node did not renew its lease in time. */
        DEADLINE_MISSED("the election did not run in time"),
        /** The node did not renew its lease in time, and the guard woke late as well: the machine stood still. */
        MACHINE_STALLED("the machine stood still"),
        /** The machine was suspended for longer than the lease ran. */
        MACHINE_SUSPENDED("the machine was suspended"),
        /** The thread that renewed the lease has ended. */
        ELECTION_ENDED("the election thread has ended"),
        /** The process was stopped by a signal, such as SIGSTOP. */
        PROCESS_STOPPED("the process was stopped by a signal");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    /** What happened, for people, without a full stop. */
    public String sentence() {
        return reason == Reason.PROCESS_STOPPED ? reason.text : reason.text + ", late by " + lateBy.toMillis() + "ms";
    }
}
