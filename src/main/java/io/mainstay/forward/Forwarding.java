// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** Which addresses a backend sees of a flow that the kernel engine forwards. */
public enum Forwarding {
    /** An address of the pair's as the client; answers come back by themselves. */
    FULL_NAT,
    /** The client's own address; the backend answers through the pair as its router. */
    NAT,
    /** The client's own address and the virtual one, which the backend holds too; it answers the client directly. */
    DSR
}
