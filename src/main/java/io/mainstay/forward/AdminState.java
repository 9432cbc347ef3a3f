// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** What the operator wants of a backend. */
public enum AdminState {
    /** Serve whenever the checks say so. */
    READY,
    /** Finish what is there, take nothing new. */
    DRAIN,
    /** Take nothing new, and leave it alone. */
    MAINTENANCE
}
