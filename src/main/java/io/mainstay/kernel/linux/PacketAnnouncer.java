// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;

/**
 * Writes the frames of ARP and neighbour discovery itself and sends them through one packet socket (packet(7)). Used by one
 * thread.
 */
final class PacketAnnouncer implements NeighbourAnnouncer, AutoCloseable {

    private static final int LONGEST_FRAME = 1514;

    private final NetlinkLinkTable links;
    private final KernelSocket socket;

    private PacketAnnouncer(NetlinkLinkTable links, KernelSocket socket) {
        this.links = links;
        this.socket = socket;
    }

    static PacketAnnouncer open(NetlinkLinkTable links) throws KernelException {
        // Of protocol 0 it receives nothing.
        KernelSocket socket = KernelSocket.open(
                "packet socket for announcements (needs CAP_NET_RAW and CAP_NET_ADMIN)",
                SocketConstants.AF_PACKET,
                SocketConstants.SOCK_RAW,
                0,
                LONGEST_FRAME);
        try {
            socket.setOption(
                    "SO_PRIORITY",
                    SocketConstants.SOL_SOCKET,
                    SocketConstants.SO_PRIORITY,
                    SocketConstants.PRIORITY_CONTROL);
            return new PacketAnnouncer(links, socket);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void announce(InterfaceName interfaceName, IpAddress address) throws KernelException {
        LinkMessage link = requireEthernet(interfaceName, announcementOf(address, interfaceName));
        announceOn(link, link.mac(), address);
    }

    /** Announces with a MAC address that is not that of the interface. */
    void announce(InterfaceName interfaceName, MacAddress mac, IpAddress address) throws KernelException {
        announceOn(requireEthernet(interfaceName, announcementOf(address, interfaceName)), mac, address);
    }

    /** Sends a VRRP message to its group, in a frame from a MAC address that is not that of the interface. */
    void advertise(InterfaceName interfaceName, MacAddress mac, IpDatagram datagram) throws KernelException {
        String operation = "send VRRP from " + mac + " to " + datagram.destination() + " on " + interfaceName;
        LinkMessage link = requireEthernet(interfaceName, operation);
        send(link, AdvertisementFrame.protocol(datagram), AdvertisementFrame.of(mac, datagram), operation);
    }

    private static String announcementOf(IpAddress address, InterfaceName interfaceName) {
        return "announce " + address + " on " + interfaceName;
    }

    void announceOn(LinkMessage link, MacAddress mac, IpAddress address) throws KernelException {
        String operation = announcementOf(address, link.name());
        switch (address) {
            case Ipv4Address ipv4 -> {
                byte[] request = ArpPacket.announcementAsRequest(mac, ipv4).toBroadcastFrame();
                send(link, SocketConstants.ETH_P_ARP, request, operation);
                byte[] reply = ArpPacket.announcementAsReply(mac, ipv4).toBroadcastFrame();
                send(link, SocketConstants.ETH_P_ARP, reply, operation);
            }
            case Ipv6Address ipv6 -> {
                byte[] frame = new NeighbourAdvertisement(mac, ipv6).toFrame();
                send(link, SocketConstants.ETH_P_IPV6, frame, operation);
            }
        }
    }

    @Override
    public void probe(InterfaceName interfaceName, IpAddress address) throws KernelException {
        String operation = "probe " + address + " on " + interfaceName;
        LinkMessage link = requireEthernet(interfaceName, operation);
        switch (address) {
            case Ipv4Address ipv4 -> {
                byte[] frame = ArpPacket.probe(link.mac(), ipv4).toBroadcastFrame();
                send(link, SocketConstants.ETH_P_ARP, frame, operation);
            }
            case Ipv6Address ipv6 -> {
                byte[] frame = new NeighbourSolicitation(link.mac(), ipv6).toFrame();
                send(link, SocketConstants.ETH_P_IPV6, frame, operation);
            }
        }
    }

    private LinkMessage requireEthernet(InterfaceName interfaceName, String operation) throws KernelException {
        LinkMessage link = links.require(interfaceName, operation);
        if (!link.isEthernet()) {
            throw new KernelException(
                    operation + ": hardware type " + link.hardwareType() + " (expected: Ethernet, 1)",
                    Errno.EAFNOSUPPORT.number());
        }
        return link;
    }

    private void send(LinkMessage link, int protocol, byte[] frame, String operation) throws KernelException {
        LinuxCalls.check(socket.send(frame, SocketAddresses.packet(link.index(), protocol)), operation);
    }

    @Override
    public void close() {
        socket.close();
    }
}
