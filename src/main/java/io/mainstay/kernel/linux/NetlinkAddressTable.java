// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.VirtualAddress;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The addresses on the interfaces of the network namespace, by rtnetlink. Used by one thread.
 *
 * <p>An IPv4 address added to a subnet in which the interface has an address already becomes secondary to that one, and
 * its removal touches nothing else. Were a virtual address the first of its subnet, other addresses added to the subnet
 * later would be secondary to it and go with it, unless the sysctl {@code promote_secondaries} is on: so the node's own
 * address of the subnet belongs on the interface before the virtual one, or the virtual one gets a prefix length of 32.
 */
final class NetlinkAddressTable implements AddressTable {

    private final NetlinkSocket netlink;
    private final NetlinkLinkTable links;

    NetlinkAddressTable(NetlinkSocket netlink, NetlinkLinkTable links) {
        this.netlink = netlink;
        this.links = links;
    }

    @Override
    public Set<VirtualAddress> list(InterfaceName interfaceName) throws KernelException {
        LinkMessage link = links.require(interfaceName, "list the addresses of " + interfaceName);
        return links.addresses(link).stream().map(AddressMessage::address).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public void add(InterfaceName interfaceName, VirtualAddress address) throws KernelException {
        addTo(links.require(interfaceName, additionOf(address, interfaceName)), address);
    }

    private static String additionOf(VirtualAddress address, InterfaceName interfaceName) {
        return "add " + address + " to " + interfaceName;
    }

    void addTo(LinkMessage link, VirtualAddress address) throws KernelException {
        add(AddressMessage.add(link.index(), address), additionOf(address, link.name()));
    }

    /** @param metric of the route to the subnet of the address */
    void addTo(LinkMessage link, VirtualAddress address, int metric) throws KernelException {
        add(AddressMessage.add(link.index(), address, metric), additionOf(address, link.name()));
    }

    private void add(NetlinkRequest request, String operation) throws KernelException {
        int result = netlink.execute(request, operation);
        if (!LinuxCalls.failedWith(result, Errno.EEXIST)) {
            LinuxCalls.check(result, operation);
        }
    }

    @Override
    public void remove(InterfaceName interfaceName, VirtualAddress address) throws KernelException {
        Optional<LinkMessage> link = links.message(interfaceName);
        if (link.isPresent()) {
            removeFrom(link.get(), address);
        }
    }

    void removeFrom(LinkMessage link, VirtualAddress address) throws KernelException {
        remove(link.index(), address, "remove " + address + " from " + link.name());
    }

    @Override
    public void remove(int interfaceIndex, VirtualAddress address) throws KernelException {
        remove(interfaceIndex, address, "remove " + address + " from interface number " + interfaceIndex);
    }

    private void remove(int interfaceIndex, VirtualAddress address, String operation) throws KernelException {
        int result = netlink.execute(AddressMessage.remove(interfaceIndex, address), operation);
        if (!LinuxCalls.failedWith(result, Errno.EADDRNOTAVAIL) && !LinuxCalls.failedWith(result, Errno.ENODEV)) {
            LinuxCalls.check(result, operation);
        }
    }
}
