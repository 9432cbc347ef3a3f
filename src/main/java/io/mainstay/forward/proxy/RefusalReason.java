// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** Why a client's connection was reset before a backend had it. One counter each. */
public enum RefusalReason {
    /** The address of the listener belongs to another node at the moment. */
    GATE_CLOSED,
    /** No backend may take new connections. */
    NO_BACKEND,
    /** Every attempt to reach a backend failed. */
    CONNECT_FAILED,
    /** The node has no descriptor, port or memory left for the connection to a backend. */
    NO_RESOURCES
}
