// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** Why the node turned a client away. One counter each, whichever engine it was. */
public enum RefusalReason {
    /** The address of the listener belongs to another node at the moment. */
    GATE_CLOSED,
    /** The node has as many connections and sessions as it can bear, or as it may have. */
    NODE_FULL,
    /** A proxy that is trusted to tell for whom it connects said nothing, or nothing that could be understood. */
    HEADER_MALFORMED,
    /** The client asks for something to which no route leads. */
    NO_ROUTE,
    /** The client did not send in time what must come before a backend can be chosen. */
    OPENING_TIMEOUT,
    /** The client may not use the service. */
    DENIED,
    /** The service has as many connections as it may have. */
    SERVICE_FULL,
    /** The client has as many connections as one source may have. */
    SOURCE_FULL,
    /** More new connections than the service takes. */
    SERVICE_TOO_FAST,
    /** More new connections than are taken from one source. */
    SOURCE_TOO_FAST,
    /** No backend may take new connections. */
    NO_BACKEND,
    /** Every backend that may take new connections has as many as it may have. */
    BACKENDS_FULL,
    /** Every backend is full, and as many clients wait as may. */
    QUEUE_FULL,
    /** The client has waited for a backend for as long as it may. */
    QUEUE_TIMEOUT,
    /** Every attempt to reach a backend failed. */
    CONNECT_FAILED,
    /** The node has no descriptor, port or memory left for the connection to a backend. */
    NO_RESOURCES,
    /** The backend was to see the client's address, and the kernel lets no socket of this node speak from that. */
    CLIENT_ADDRESS_UNUSABLE,
    /** A new connection to a backend took not even the header of this node, and no memory is left in which that could wait. */
    NO_MEMORY
}
