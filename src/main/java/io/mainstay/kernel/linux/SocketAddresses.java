// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The socket addresses of the families used here, as the kernel lays them out. */
final class SocketAddresses {

    private static final int IPV4_LENGTH = 16;
    private static final int IPV6_LENGTH = 28;
    private static final int PACKET_LENGTH = 20;
    private static final int NETLINK_LENGTH = 12;

    /** Where the address stands in {@code struct sockaddr_in6}. */
    static final int IPV6_ADDRESS = 8;

    private SocketAddresses() {}

    /** {@code struct sockaddr_in} without port (ip(7)). */
    static byte[] ipv4(Ipv4Address address) {
        byte[] octets = new byte[IPV4_LENGTH];
        startFamily(octets, SocketConstants.AF_INET).put(4, address.octets());
        return octets;
    }

    /** {@code struct sockaddr_in6} without port; the interface gives a link-local address its meaning (ipv6(7)). */
    static byte[] ipv6(Ipv6Address address, int interfaceIndex) {
        byte[] octets = new byte[IPV6_LENGTH];
        startFamily(octets, SocketConstants.AF_INET6)
                .put(IPV6_ADDRESS, address.octets())
                .putInt(24, interfaceIndex);
        return octets;
    }

    /** {@code struct sockaddr_ll} of the packets of one protocol on one interface, to bind to or send to (packet(7)). */
    static byte[] packet(int interfaceIndex, int protocol) {
        byte[] octets = new byte[PACKET_LENGTH];
        startFamily(octets, SocketConstants.AF_PACKET)
                .putInt(4, interfaceIndex)
                .order(ByteOrder.BIG_ENDIAN)
                .putShort(2, (short) protocol);
        return octets;
    }

    /** {@code struct sockaddr_nl} of a socket that listens to some groups; the kernel gives it a port (netlink(7)). */
    static byte[] netlink(int groups) {
        byte[] octets = new byte[NETLINK_LENGTH];
        startFamily(octets, SocketConstants.AF_NETLINK).putInt(8, groups);
        return octets;
    }

    private static ByteBuffer startFamily(byte[] octets, int family) {
        return ByteBuffer.wrap(octets).order(ByteOrder.nativeOrder()).putShort(0, (short) family);
    }
}
