// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * What the guided start knows of this machine.
 *
 * @param interfaces in the kernel's order, loopback aside
 * @param towardsDefaultRoute the interface that the default route leads out of; empty: there is none
 */
public record Machine(List<MachineInterface> interfaces, Optional<InterfaceName> towardsDefaultRoute) {

    public Machine {
        interfaces = List.copyOf(interfaces);
    }

    Optional<MachineInterface> find(String name) {
        return interfaces.stream()
                .filter(one -> one.name().value().equals(name))
                .findFirst();
    }

    boolean holds(IpAddress address) {
        return interfaces.stream().anyMatch(one -> one.holds(address));
    }

    /** The interface that is offered: the one of the default route, or the only one that has addresses. */
    public Optional<InterfaceName> likelyInterface() {
        List<InterfaceName> withAddresses = interfaces.stream()
                .filter(one -> one.up() && !one.addresses().isEmpty())
                .map(MachineInterface::name)
                .toList();
        return towardsDefaultRoute
                .filter(withAddresses::contains)
                .or(() -> withAddresses.size() == 1 ? Optional.of(withAddresses.getFirst()) : Optional.empty());
    }
}
