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
        DEADLINE_MISSED,
        /** The node did not renew its lease in time, and the guard woke late as well: the machine stood still. */
        MACHINE_STALLED,
        /** The machine was suspended for longer than the lease ran. */
        MACHINE_SUSPENDED,
        /** The thread that renewed the lease has ended. */
        ELECTION_ENDED
    }
}
