// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualAddress;
import java.util.List;

/**
 * What the guard does for one virtual router that the node is Active for: it removes the addresses, in this order, and then
 * sends the resignations.
 *
 * @param interfaceName the interface that holds the addresses, for messages
 * @param interfaceIndex its number ({@link LinkState#index})
 * @param addresses the addresses that move between nodes; not those that stay with the interface
 * @param resignations one VRRP message of priority 0, with its checksum, for each destination
 */
public record GuardedRouter(
        InterfaceName interfaceName,
        int interfaceIndex,
        List<VirtualAddress> addresses,
        List<IpDatagram> resignations) {

    public GuardedRouter {
        if (interfaceIndex < 1) {
            throw new IllegalArgumentException("interface index: " + interfaceIndex + " (expected: 1 or more)");
        }
        addresses = List.copyOf(addresses);
        resignations = List.copyOf(resignations);
    }
}
