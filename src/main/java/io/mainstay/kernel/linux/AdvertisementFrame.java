// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;

/**
 * A VRRP message to a multicast group as a whole Ethernet frame, for a source that is not the MAC address of the interface
 * (RFC 9568 §7.2).
 */
final class AdvertisementFrame {

    private static final int IPV4_HEADER_OCTETS = 20;
    private static final int IPV4_CHECKSUM = 10;

    private AdvertisementFrame() {}

    /** @throws IllegalArgumentException if the message does not go to a multicast group */
    static byte[] of(MacAddress source, IpDatagram datagram) {
        byte[] packet = IpHeader.prependTo(datagram);
        byte[] frame = new byte[Math.max(EthernetFrame.SHORTEST, EthernetFrame.HEADER_LENGTH + packet.length)];
        if (datagram.destination().family() == IpFamily.IPV4) {
            int checksum = InternetChecksum.of(InternetChecksum.sum(packet, 0, IPV4_HEADER_OCTETS));
            packet[IPV4_CHECKSUM] = (byte) (checksum >>> 8);
            packet[IPV4_CHECKSUM + 1] = (byte) checksum;
        }
        EthernetFrame.writeHead(frame, groupMac(datagram.destination()), source, protocol(datagram))
                .put(packet);
        return frame;
    }

    static int protocol(IpDatagram datagram) {
        return datagram.destination().family() == IpFamily.IPV4 ? SocketConstants.ETH_P_IP : SocketConstants.ETH_P_IPV6;
    }

    /** 01:00:5e and 23 bits of the group (RFC 1112 §6.4), or 33:33 and 32 bits (RFC 2464 §7). */
    private static MacAddress groupMac(IpAddress group) {
        if (!group.isMulticast()) {
            throw new IllegalArgumentException("destination: " + group + " (expected: a multicast group)");
        }
        return switch (group) {
            case Ipv4Address ipv4 -> new MacAddress(0x0100_5E00_0000L | (ipv4.bits() & 0x7F_FFFFL));
            case Ipv6Address ipv6 -> new MacAddress(0x3333_0000_0000L | (ipv6.lowBits() & 0xFFFF_FFFFL));
        };
    }
}
