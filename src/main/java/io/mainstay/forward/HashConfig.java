// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * What decides where the balance is by hash.
 *
 * @param key what is hashed
 * @param grouping which clients count as one
 * @param maxLoadPercent how far above its share of the connections a backend may go before its clients are sent on, in
 *     percent of the share, 101 or more; 0: as far as it comes
 * @param seed goes into every hash. Nodes with the same seed and the same backends choose alike; who knows it can find
 *     addresses that hit one backend
 */
public record HashConfig(Key key, AddressGrouping grouping, int maxLoadPercent, String seed) {

    public static final HashConfig DEFAULT = new HashConfig(Key.SOURCE, AddressGrouping.DEFAULT, 0, "");

    /** What is hashed. */
    public enum Key {
        /** The client's address: all connections of a client go to the same backend. */
        SOURCE,
        /** The client's address and port: the connections of a client spread, and each node chooses alike. */
        SOURCE_PORT
    }

    public HashConfig {
        if (maxLoadPercent != 0 && maxLoadPercent <= 100) {
            throw new IllegalArgumentException("max load: " + maxLoadPercent + "% (expected: 101% or more, or 0)");
        }
    }
}
