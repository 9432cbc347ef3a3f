// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;

/**
 * How much a service takes in.
 *
 * @param connections connections at the same time; 0: any number
 * @param connectionsPerSource the same for one source; 0: any number
 * @param newConnections new connections of all sources together
 * @param newConnectionsPerSource new connections of one source
 * @param source which clients are one source
 * @param queueLength connections that may wait for a backend when all are full; 0: none waits
 * @param queueTimeout how long one may wait
 */
public record LimitsConfig(
        int connections,
        int connectionsPerSource,
        Rate newConnections,
        Rate newConnectionsPerSource,
        AddressGrouping source,
        int queueLength,
        Duration queueTimeout) {

    public static final LimitsConfig NONE =
            new LimitsConfig(0, 0, Rate.UNLIMITED, Rate.UNLIMITED, AddressGrouping.DEFAULT, 0, Duration.ofSeconds(3));

    public LimitsConfig {
        if (connections < 0 || connectionsPerSource < 0 || queueLength < 0) {
            throw new IllegalArgumentException("limits: " + connections + ", " + connectionsPerSource + ", "
                    + queueLength + " (expected: 0 or more)");
        }
    }

    /** Whether sources have to be told apart. */
    public boolean countsSources() {
        return connectionsPerSource > 0 || newConnectionsPerSource.isLimited();
    }
}
