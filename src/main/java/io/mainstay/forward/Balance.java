// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** How a backend is chosen for a new connection, among those that may be chosen. */
public enum Balance {
    /** In turn, each as often as its weight says, spread evenly. */
    ROUND_ROBIN,
    /** The one with the fewest connections for its weight; in turn among equals. */
    LEAST_CONN,
    /** The less busy of two that are drawn at random by weight. */
    RANDOM_TWO,
    /** By the client's address: one client keeps its backend, and only those of a lost backend move. */
    SOURCE_HASH,
    /** As {@link #SOURCE_HASH}, from a table whose look-up takes the same time for any number of backends. */
    MAGLEV,
    /** The one that has answered fastest lately, for its connections and its weight. */
    LEAST_LATENCY,
    /** The first one in the order of the configuration that has room. */
    FIRST;

    /** Whether the client's address decides. */
    public boolean isHashed() {
        return this == SOURCE_HASH || this == MAGLEV;
    }
}
