// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.net.IpAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Lets clients in to the services on the addresses that this node holds.
 *
 * <p>Called by the election thread in the middle of a takeover: neither method may block. A call for addresses that are
 * open, or closed, already has no effect.
 */
public interface ServiceGate {

    /**
     * The address is about to be put on the interface. Clients that the former Active served may be heard from that moment
     * on, before {@link #open}.
     */
    default void expect(IpAddress address) {}

    /**
     * The address is on no interface of this node any more, or is left there by its owner who is no longer Active; also after
     * {@link #expect} when it could not be put there.
     */
    default void forget(IpAddress address) {}

    /** The addresses are held and announced: accept clients on them. */
    void open(Set<IpAddress> addresses);

    /**
     * The addresses are about to go to a successor that sends on what belongs to this node: end what cannot live on without
     * them, and keep the connections, until {@link #close} or {@link #open}.
     */
    default void keep(Set<IpAddress> addresses) {
        var unused = close(addresses);
    }

    /** How many connections clients have on these addresses; completed by any thread. */
    default CompletableFuture<Integer> connections(Set<IpAddress> addresses) {
        return CompletableFuture.completedFuture(0);
    }

    /**
     * The addresses are about to go: accept no more clients on them, and reset those that are there.
     *
     * @return completed, by any thread, when the resets are on their way; they need the address for that
     */
    CompletableFuture<?> close(Set<IpAddress> addresses);
}
