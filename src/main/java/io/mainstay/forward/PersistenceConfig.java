// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;

/**
 * How a client keeps the backend that it once got.
 *
 * @param grouping which clients count as one
 * @param timeout how long after the start or end of its last connection a client is remembered
 * @param maxClients how many clients are remembered; for one more, the one that was away for longest is forgotten
 * @param duringDrain what becomes of a client whose backend is being drained
 * @param whenFull what becomes of a client whose backend is full
 */
public record PersistenceConfig(
        AddressGrouping grouping, Duration timeout, int maxClients, DuringDrain duringDrain, WhenFull whenFull) {

    /** What becomes of a new connection of a client whose backend is being drained. */
    public enum DuringDrain {
        /** It still goes there, so that the client can finish what it has begun. */
        ALLOW,
        /** It goes to another backend, and so does the client from then on. */
        REFUSE
    }

    /** What becomes of a new connection of a client whose backend has as many connections as it may have. */
    public enum WhenFull {
        /** It goes to another backend, and so does the client from then on. */
        OTHER,
        /** It waits for the backend, or is refused if nobody may wait. */
        WAIT
    }

    public PersistenceConfig(AddressGrouping grouping, Duration timeout, int maxClients, DuringDrain duringDrain) {
        this(grouping, timeout, maxClients, duringDrain, WhenFull.OTHER);
    }

    public PersistenceConfig {
        if (maxClients < 1) {
            throw new IllegalArgumentException("clients: " + maxClients + " (expected: 1 or more)");
        }
    }
}
