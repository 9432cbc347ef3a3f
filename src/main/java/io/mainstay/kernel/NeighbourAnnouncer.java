// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;

/** Tells the neighbours on a segment where an address is, and asks them. Used by one thread. */
public interface NeighbourAnnouncer {

    /**
     * Broadcasts that this host has the address: for IPv4 one gratuitous ARP in request form and one in reply form
     * (RFC 5227 §3), for IPv6 an unsolicited neighbour advertisement.
     */
    void announce(InterfaceName interfaceName, IpAddress address) throws KernelException;

    /**
     * Asks whether some other host has the address: by an ARP probe (RFC 5227 §2.1.1), or a neighbour solicitation from
     * the unspecified address (RFC 4862 §5.4.2). An answer arrives as
     * {@link KernelEvent.AddressClaimed}.
     */
    void probe(InterfaceName interfaceName, IpAddress address) throws KernelException;
}
