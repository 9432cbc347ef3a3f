// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Hears on one interface who says that it has an address: for IPv4 in ARP packets of either form, for IPv6 in neighbour
 * advertisements (packet(7)). Used by one thread.
 */
final class ClaimListener implements PollSource, AutoCloseable {

    private static final int LONGEST_PACKET = 128;
    private static final int RECEIVE_BUFFER_OCTETS = 256 * 1024;

    private final InterfaceName interfaceName;
    private final IpFamily family;
    private final KernelSocket socket;
    private final Predicate<MacAddress> isOurs;

    private ClaimListener(
            InterfaceName interfaceName, IpFamily family, KernelSocket socket, Predicate<MacAddress> isOurs) {
        this.interfaceName = interfaceName;
        this.family = family;
        this.socket = socket;
        this.isOurs = isOurs;
    }

    /** @param isOurs tells the MAC addresses of this host, whose packets claim nothing against it */
    static ClaimListener open(LinkMessage link, IpFamily family, Predicate<MacAddress> isOurs) throws KernelException {
        // Of protocol 0 until the filter is in place, so that nothing slips past it.
        KernelSocket socket = KernelSocket.open(
                "packet socket for claims of " + family + " addresses on " + link.name() + " (needs CAP_NET_RAW)",
                SocketConstants.AF_PACKET,
                SocketConstants.SOCK_DGRAM,
                0,
                LONGEST_PACKET);
        try {
            PacketFilter filter = family == IpFamily.IPV4 ? PacketFilter.ARP : PacketFilter.NEIGHBOUR_ADVERTISEMENTS;
            filter.attachTo(socket);
            socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
            int protocol = family == IpFamily.IPV4 ? SocketConstants.ETH_P_ARP : SocketConstants.ETH_P_IPV6;
            socket.bind(SocketAddresses.packet(link.index(), protocol));
            return new ClaimListener(link.name(), family, socket, isOurs);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public int descriptor() {
        return socket.descriptor();
    }

    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
        for (int taken = 0; taken < mostMessages && !socket.isClosed(); taken++) {
            int length = socket.receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                return;
            }
            if (LinuxCalls.failedWith(length, Errno.ENETDOWN)) {
                // Told once when the interface goes down; the link event says the same.
                continue;
            }
            LinuxCalls.check(length, "receive claims of " + family + " addresses on " + interfaceName);
            claim(socket.received(length)).ifPresent(sink);
        }
    }

    private Optional<KernelEvent> claim(byte[] octets) {
        return switch (family) {
            case IPV4 ->
                ArpPacket.parse(octets)
                        .filter(packet -> !packet.sender().isUnspecified())
                        .flatMap(packet -> claim(packet.sender(), packet.senderMac()));
            case IPV6 -> NeighbourAdvertisement.parse(octets).flatMap(heard -> claim(heard.address(), heard.mac()));
        };
    }

    private Optional<KernelEvent> claim(IpAddress address, MacAddress claimant) {
        return isOurs.test(claimant)
                ? Optional.empty()
                : Optional.of(new KernelEvent.AddressClaimed(interfaceName, address, claimant));
    }

    @Override
    public void close() {
        socket.close();
    }
}
