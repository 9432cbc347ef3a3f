// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

/** What the results of the checks say about a backend. */
public enum Verdict {
    /** No check has ended yet. Counts as unhealthy: nothing is sent where nothing has been seen to answer. */
    UNKNOWN,
    HEALTHY,
    UNHEALTHY
}
