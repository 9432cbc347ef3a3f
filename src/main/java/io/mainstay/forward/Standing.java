// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** What is known of a backend when one is to be chosen. */
public enum Standing {
    /** It is to serve, and its checks agree. */
    HEALTHY,
    /** It is to serve, and its checks disagree. */
    FAILING,
    /** It is healthy and being emptied: none but clients that it has already may be given to it. */
    DRAINING,
    /** It is not to serve, or nothing is known of it. */
    OUT
}
