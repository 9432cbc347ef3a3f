// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;

/** Something that the kernel tells the election thread. */
public sealed interface KernelEvent {

    InterfaceName interfaceName();

    /** A datagram of IP protocol 112 arrived on the interface; nothing about it has been checked. */
    record DatagramReceived(InterfaceName interfaceName, IpDatagram datagram) implements KernelEvent {}

    /** An address was taken off the interface, by whomever. */
    record AddressRemoved(InterfaceName interfaceName, VirtualAddress address) implements KernelEvent {}

    /** An address was put on the interface, by whomever. */
    record AddressAdded(InterfaceName interfaceName, VirtualAddress address) implements KernelEvent {}

    /** The interface came, went, or changed its carrier, flags, MAC address or name; look it up to learn how it is now. */
    record LinkChanged(InterfaceName interfaceName) implements KernelEvent {}

    /** Another host says in an ARP packet of either form, or in a neighbour advertisement, that it has the address. */
    record AddressClaimed(InterfaceName interfaceName, IpAddress address, MacAddress claimant) implements KernelEvent {}
}
