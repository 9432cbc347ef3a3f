// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * VRRP over IPv6 (ipv6(7)). The kernel keeps the header of what arrives for itself, so that addresses and hop limit come as
 * control messages (RFC 3542 §6). Used by one thread.
 */
final class Ipv6AdvertisementSocket extends RawAdvertisementSocket {

    private static final int ADDRESS_LENGTH = 16;

    private Ipv6AdvertisementSocket(LinkMessage link, KernelSocket socket) {
        super(link, IpFamily.IPV6, socket);
    }

    static Ipv6AdvertisementSocket on(LinkMessage link, KernelSocket socket) throws KernelException {
        int ofIpv6 = SocketConstants.SOL_IPV6;
        socket.setOption("IPV6_HDRINCL", ofIpv6, SocketConstants.IPV6_HDRINCL, 1);
        socket.setOption("IPV6_RECVHOPLIMIT", ofIpv6, SocketConstants.IPV6_RECVHOPLIMIT, 1);
        socket.setOption("IPV6_RECVPKTINFO", ofIpv6, SocketConstants.IPV6_RECVPKTINFO, 1);
        socket.setOption("IPV6_MULTICAST_LOOP", ofIpv6, SocketConstants.IPV6_MULTICAST_LOOP, 0);
        socket.setOption("IPV6_MULTICAST_ALL", ofIpv6, SocketConstants.IPV6_MULTICAST_ALL, 0);
        socket.setOption("IPV6_MULTICAST_IF", ofIpv6, SocketConstants.IPV6_MULTICAST_IF, link.index());
        socket.setOption(
                "IPV6_ADD_MEMBERSHIP",
                ofIpv6,
                SocketConstants.IPV6_ADD_MEMBERSHIP,
                NativeBuffer.of(membership(link.index())));
        return new Ipv6AdvertisementSocket(link, socket);
    }

    /** {@code struct ipv6_mreq}: the group and the interface by number. */
    private static byte[] membership(int interfaceIndex) {
        return ByteBuffer.allocate(20)
                .put(Ipv6Address.VRRP_GROUP.octets())
                .order(ByteOrder.nativeOrder())
                .putInt(interfaceIndex)
                .array();
    }

    @Override
    byte[] socketAddress(IpAddress destination, int interfaceIndex) {
        return SocketAddresses.ipv6((Ipv6Address) destination, interfaceIndex);
    }

    @Override
    int receive() {
        return socket.receiveWithHeader();
    }

    @Override
    Optional<IpDatagram> received(int length) {
        ReceiveHeader header = socket.header();
        Optional<byte[]> hopLimit =
                header.control(SocketConstants.SOL_IPV6, SocketConstants.IPV6_HOPLIMIT, Integer.BYTES);
        // struct in6_pktinfo begins with the destination.
        Optional<byte[]> destination =
                header.control(SocketConstants.SOL_IPV6, SocketConstants.IPV6_PKTINFO, ADDRESS_LENGTH);
        if (hopLimit.isEmpty() || destination.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new IpDatagram(
                Ipv6Address.ofOctets(header.source(SocketAddresses.IPV6_ADDRESS, ADDRESS_LENGTH), 0),
                Ipv6Address.ofOctets(destination.get(), 0),
                ByteBuffer.wrap(hopLimit.get()).order(ByteOrder.nativeOrder()).getInt(),
                socket.received(length)));
    }
}
