// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.time.Duration;

/**
 * Who this node is.
 *
 * @param name how people call it; the host name unless configured
 * @param startupDelay how long it waits after its start before it takes part in any election
 * @param maxConnections how many connections and sessions of clients it has at the same time; 0: as many as it can bear
 * @param relayThreads how many threads relay in the proxy engine; 0: one for each processor that the daemon may use
 */
public record NodeSettings(String name, Duration startupDelay, int maxConnections, int relayThreads) {

    /** A node that takes part at once. */
    public NodeSettings(String name) {
        this(name, Duration.ZERO, 0, 0);
    }
}
