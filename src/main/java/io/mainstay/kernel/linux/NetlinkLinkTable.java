// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.List;
import java.util.Optional;

/** The interfaces of the network namespace, asked of rtnetlink each time. Used by one thread. */
final class NetlinkLinkTable implements LinkTable, InterfaceListing {

    private final NetlinkSocket netlink;

    NetlinkLinkTable(NetlinkSocket netlink) {
        this.netlink = netlink;
    }

    @Override
    public Optional<LinkState> find(InterfaceName interfaceName) throws KernelException {
        Optional<LinkMessage> found = message(interfaceName);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        LinkMessage link = found.get();
        List<IpAddress> sources = addresses(link).stream()
                .filter(AddressMessage::isSource)
                .map(address -> address.address().address())
                .toList();
        return Optional.of(
                new LinkState(link.index(), link.mac(), link.mtuOctets(), link.isUp(), link.hasCarrier(), sources));
    }

    /**
     * The interface of that very name; an alternative name (altname of ip-link(8)) is none, because events carry the first
     * name alone.
     */
    Optional<LinkMessage> message(InterfaceName interfaceName) throws KernelException {
        try {
            return LinkMessage.parse(
                            netlink.get(LinkMessage.request(interfaceName), "look up interface " + interfaceName))
                    .filter(link -> link.name().equals(interfaceName));
        } catch (KernelException e) {
            if (e.errno() == Errno.ENODEV) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** @throws KernelException with {@link Errno#ENODEV} and the given operation if there is no such interface */
    LinkMessage require(InterfaceName interfaceName, String operation) throws KernelException {
        Optional<LinkMessage> link = message(interfaceName);
        if (link.isEmpty()) {
            throw new KernelException(operation, Errno.ENODEV.number());
        }
        return link.get();
    }

    /** The addresses on an interface; none if it went meanwhile. */
    List<AddressMessage> addresses(LinkMessage link) throws KernelException {
        List<NetlinkMessage> listing;
        try {
            listing = netlink.list(
                    AddressMessage.requestAllOf(link.index()), "list the addresses of interface " + link.name());
        } catch (KernelException e) {
            if (e.errno() == Errno.ENODEV) {
                return List.of();
            }
            throw e;
        }
        return listing.stream()
                .flatMap(message -> AddressMessage.parse(message).stream())
                .filter(address -> address.interfaceIndex() == link.index())
                .toList();
    }

    @Override
    public List<LinkMessage> all() throws KernelException {
        return netlink.list(LinkMessage.requestAll(), "list the interfaces").stream()
                .flatMap(message -> LinkMessage.parse(message).stream())
                .toList();
    }

    /** All interfaces, as XDP sees them. */
    List<XdpCandidate> candidates() throws KernelException {
        return netlink.list(LinkMessage.requestAll(), "list the interfaces").stream()
                .flatMap(message -> XdpCandidate.parse(message).stream())
                .toList();
    }

    @Override
    public List<AddressMessage> allAddresses() throws KernelException {
        return netlink.list(AddressMessage.requestAll(), "list the addresses").stream()
                .flatMap(message -> AddressMessage.parse(message).stream())
                .toList();
    }
}
