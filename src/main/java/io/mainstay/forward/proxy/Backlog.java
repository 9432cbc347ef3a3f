// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** Octets that were read for one end of a connection and that its socket has not taken yet. Used by one worker's thread alone. */
interface Backlog {

    /** Writes as many as the socket takes now; how many are left then, or {@link StreamSocket#BROKEN}. */
    int writeTo(StreamSocket socket);

    /** Gives the memory that holds them back to where it was lent; octets that are left are dropped. */
    void giveBackTo(Lane lane);
}
