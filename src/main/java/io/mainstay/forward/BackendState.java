// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** What a backend is to the people who watch it: the verdict of its checks under the wish of the operator. */
public enum BackendState {
    /** Checks succeed; it gets new connections. */
    HEALTHY,
    /** Checks fail, or none has succeeded yet; no new connections, live ones are kept. */
    UNHEALTHY,
    /** Being emptied on request; no new connections, live ones may finish until the deadline. */
    DRAINING,
    /** Taken out on request; no new connections and no checks, live connections are kept. */
    MAINTENANCE;

    /** The wish of the operator goes before the verdict of the checks. */
    public static BackendState of(AdminState wish, boolean healthy) {
        return switch (wish) {
            case READY -> healthy ? HEALTHY : UNHEALTHY;
            case DRAIN -> DRAINING;
            case MAINTENANCE -> MAINTENANCE;
        };
    }
}
