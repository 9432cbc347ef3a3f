// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

/** The kinds of events that tell how an address moved: what {@code mainstay explain} looks for. */
public final class EventKind {

    /** The daemon starts; says how its last run ended. */
    public static final String STARTED = "started";

    /** The daemon was asked to stop. */
    public static final String STOPPING = "stopping";

    /** The daemon has given everything up and ends: the last event of an orderly run. */
    public static final String STOPPED = "stopped";

    /** A virtual router changed its state. */
    public static final String TRANSITION = "transition";

    /** A hand-over began, or was refused. */
    public static final String HAND_OVER = "hand_over";

    /** The addresses are held and announced, and the services are open. */
    public static final String SERVED = "served";

    /** The services are closed and the addresses are gone. */
    public static final String RELEASED = "released";

    /** Connections live on after a hand-over. */
    public static final String DRAINING = "draining";

    /** Those have ended. */
    public static final String DRAINED = "drained";

    /** They could not be counted. */
    public static final String DRAIN_UNCOUNTED = "drain_uncounted";

    /** A Backup hears a router as Active that it did not hear before. */
    public static final String ACTIVE_HEARD = "active_heard";

    /** The election did not run when it wanted to. */
    public static final String ELECTION_LATE = "election_late";

    /** The guard had given the addresses up for this node. */
    public static final String FENCED = "fenced";

    /** An interface came, went, or changed its state or its address. */
    public static final String LINK = "link";

    /** No backend of a service may take new connections. */
    public static final String SERVICE_DOWN = "service_down";

    /** One may again. */
    public static final String SERVICE_UP = "service_up";

    private EventKind() {}
}
