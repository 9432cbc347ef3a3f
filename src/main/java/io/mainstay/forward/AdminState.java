// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** What the operator wants of a backend, or of all backends of a service. */
public enum AdminState {
    /** Serve whenever the checks say so. */
    READY,
    /** Finish what is there, take nothing new. */
    DRAIN,
    /** Take nothing new, and leave it alone. */
    MAINTENANCE;

    /** What comes of two wishes: the one that takes more away. */
    public AdminState and(AdminState other) {
        return compareTo(other) < 0 ? other : this;
    }
}
