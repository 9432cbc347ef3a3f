// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * How much a service takes in.
 *
 * @param connections connections at the same time; 0: any number
 * @param connectionsPerSource the same for one source; 0: any number
 * @param newConnections new connections of all sources together
 * @param newConnectionsPerSource new connections of one source
 * @param source which clients are one source
 */
public record LimitsConfig(
        int connections,
        int connectionsPerSource,
        Rate newConnections,
        Rate newConnectionsPerSource,
        AddressGrouping source) {

    public static final LimitsConfig NONE =
            new LimitsConfig(0, 0, Rate.UNLIMITED, Rate.UNLIMITED, AddressGrouping.DEFAULT);

    public LimitsConfig {
        if (connections < 0 || connectionsPerSource < 0) {
            throw new IllegalArgumentException(
                    "limits: " + connections + ", " + connectionsPerSource + " (expected: 0 or more)");
        }
    }

    /** Whether anything is limited at all. */
    public boolean isAny() {
        return connections > 0 || newConnections.isLimited() || countsSources();
    }

    /** Whether sources have to be told apart. */
    public boolean countsSources() {
        return connectionsPerSource > 0 || newConnectionsPerSource.isLimited();
    }
}
