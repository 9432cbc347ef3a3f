// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import java.util.List;

/**
 * What the guard does for one virtual router that the node is Active for. While the node holds its lease and is late with
 * an advertisement, the guard sends the advertisements; when it fences the node it removes the addresses, in this order,
 * sends the resignations, and sets the virtual interfaces down.
 *
 * @param number tells this router from the others of the node: 0 or more, and the same as long as the node runs
 * @param interfaceName the interface that holds the addresses, for messages
 * @param interfaceIndex its number ({@link LinkState#index})
 * @param addresses the addresses that move between nodes; not those that stay with the interface
 * @param advertisements the VRRP message that the node sends each interval, with its checksum, for each destination, those of
 *     one turn one behind the other; none if the guard cannot stand in for this router
 * @param resignations one VRRP message of priority 0, with its checksum, for each destination
 * @param virtualInterfaces where it has a virtual MAC address: the interfaces that hold the addresses in place of that one,
 *     and that are set down when they are given up
 */
public record GuardedRouter(
        int number,
        InterfaceName interfaceName,
        int interfaceIndex,
        List<VirtualAddress> addresses,
        List<PreparedAdvertisement> advertisements,
        List<IpDatagram> resignations,
        List<GuardedInterface> virtualInterfaces) {

    /**
     * An interface with a virtual MAC address.
     *
     * @param family whose addresses it holds
     * @param index its number
     */
    public record GuardedInterface(IpFamily family, InterfaceName name, int index) {}

    /** One that holds the addresses on its own interface. */
    public GuardedRouter(
            int number,
            InterfaceName interfaceName,
            int interfaceIndex,
            List<VirtualAddress> addresses,
            List<PreparedAdvertisement> advertisements,
            List<IpDatagram> resignations) {
        this(number, interfaceName, interfaceIndex, addresses, advertisements, resignations, List.of());
    }

    public GuardedRouter {
        if (number < 0) {
            throw new IllegalArgumentException("number of a router: " + number + " (expected: 0 or more)");
        }
        if (interfaceIndex < 1) {
            throw new IllegalArgumentException("interface index: " + interfaceIndex + " (expected: 1 or more)");
        }
        addresses = List.copyOf(addresses);
        advertisements = List.copyOf(advertisements);
        resignations = List.copyOf(resignations);
        virtualInterfaces = List.copyOf(virtualInterfaces);
    }
}
