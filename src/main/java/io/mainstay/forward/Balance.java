// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** How a backend is chosen for a new connection, among those that may be chosen. */
public enum Balance {
    /** In turn, each as often as its weight says, spread evenly. */
    ROUND_ROBIN,
    /** The one with the fewest connections for its weight; in turn among equals. */
    LEAST_CONN
}
