// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How the kernel engine runs on this node.
 *
 * @param addresses those that move between nodes, in the order of the configuration
 * @param interfaces on which clients arrive
 * @param virtualMacs of the virtual routers that have MAC addresses of their own, on these interfaces
 * @param secret goes into the choice of backends; the same on both nodes of a pair
 * @param sourcePorts that flows to backends leave from
 * @param ownAddresses those that stand on this host when it is asked
 * @param xdp where packets of established flows are forwarded by XDP
 */
public record KernelSettings(
        List<VirtualAddress> addresses,
        Set<InterfaceName> interfaces,
        Set<MacAddress> virtualMacs,
        String secret,
        PortRange sourcePorts,
        Supplier<Set<IpAddress>> ownAddresses,
        XdpWish xdp) {

    public KernelSettings {
        addresses = List.copyOf(addresses);
        interfaces = Set.copyOf(interfaces);
        virtualMacs = Set.copyOf(virtualMacs);
    }

    /** The addresses without the length of their network. */
    public List<IpAddress> virtualAddresses() {
        return addresses.stream().map(VirtualAddress::address).toList();
    }
}
