// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** VRRP over IPv4 (ip(7)). Used by one thread. */
final class Ipv4AdvertisementSocket extends RawAdvertisementSocket {

    private Ipv4AdvertisementSocket(LinkMessage link, KernelSocket socket) {
        super(link, IpFamily.IPV4, socket);
    }

    static Ipv4AdvertisementSocket on(LinkMessage link, KernelSocket socket) throws KernelException {
        int ofIp = SocketConstants.SOL_IP;
        socket.setOption("IP_HDRINCL", ofIp, SocketConstants.IP_HDRINCL, 1);
        socket.setOption("IP_MULTICAST_LOOP", ofIp, SocketConstants.IP_MULTICAST_LOOP, 0);
        // Otherwise the socket hears every group that any socket of the host joined.
        socket.setOption("IP_MULTICAST_ALL", ofIp, SocketConstants.IP_MULTICAST_ALL, 0);
        NativeBuffer group = NativeBuffer.of(membership(link.index()));
        socket.setOption("IP_MULTICAST_IF", ofIp, SocketConstants.IP_MULTICAST_IF, group);
        socket.setOption("IP_ADD_MEMBERSHIP", ofIp, SocketConstants.IP_ADD_MEMBERSHIP, group);
        return new Ipv4AdvertisementSocket(link, socket);
    }

    /** {@code struct ip_mreqn}: the group, no local address, the interface by number (ip(7)). */
    private static byte[] membership(int interfaceIndex) {
        return ByteBuffer.allocate(12)
                .put(Ipv4Address.VRRP_GROUP.octets())
                .order(ByteOrder.nativeOrder())
                .putInt(8, interfaceIndex)
                .array();
    }

    @Override
    byte[] socketAddress(IpAddress destination, int interfaceIndex) {
        return SocketAddresses.ipv4((Ipv4Address) destination);
    }

    @Override
    int receive() {
        return socket.receive();
    }

    @Override
    Optional<IpDatagram> received(int length) {
        return Ipv4Packet.parse(socket.received(length));
    }
}
