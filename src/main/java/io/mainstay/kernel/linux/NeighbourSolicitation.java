// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.InternetChecksum;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import java.nio.ByteBuffer;

/**
 * A neighbour solicitation by which a host asks who has an IPv6 address without claiming it: from the unspecified address, as
 * for duplicate address detection (RFC 4862 §5.4.2; RFC 4861 §4.3). Whoever has the address answers to all nodes.
 *
 * @param mac the asking host's hardware address
 * @param target the address asked for
 */
record NeighbourSolicitation(MacAddress mac, Ipv6Address target) {

    private static final int IPV6_HEADER_LENGTH = 40;
    private static final int MESSAGE_LENGTH = 24;
    private static final int TYPE = 135;
    private static final int VERSION_6 = 0x6000_0000;

    private static final Ipv6Address UNSPECIFIED = new Ipv6Address(0, 0);

    byte[] toFrame() {
        byte[] frame = new byte[EthernetFrame.HEADER_LENGTH + IPV6_HEADER_LENGTH + MESSAGE_LENGTH];
        Ipv6Address group = solicitedNodeGroup();
        MacAddress groupMac = new MacAddress(0x3333_0000_0000L | (group.lowBits() & 0xFFFF_FFFFL));
        EthernetFrame.writeHead(frame, groupMac, mac, SocketConstants.ETH_P_IPV6)
                .putInt(VERSION_6)
                .putShort((short) MESSAGE_LENGTH)
                .put((byte) NeighbourAdvertisement.ICMPV6)
                .put((byte) NeighbourAdvertisement.HOP_LIMIT)
                .put(UNSPECIFIED.octets())
                .put(group.octets())
                .put(message(group));
        return frame;
    }

    /** ff02::1:ff00:0/104 with the last 24 bits of the target (RFC 4291 §2.7.1). */
    private Ipv6Address solicitedNodeGroup() {
        return new Ipv6Address(0xFF02_0000_0000_0000L, 0x1_FF00_0000L | (target.lowBits() & 0xFF_FFFFL));
    }

    private byte[] message(Ipv6Address group) {
        byte[] octets = new byte[MESSAGE_LENGTH];
        ByteBuffer message =
                ByteBuffer.wrap(octets).put((byte) TYPE).position(8).put(target.octets());
        long sum = InternetChecksum.sum(octets, 0, MESSAGE_LENGTH)
                + InternetChecksum.sumOfPseudoHeader(UNSPECIFIED, group, NeighbourAdvertisement.ICMPV6, MESSAGE_LENGTH);
        message.putShort(2, (short) InternetChecksum.of(sum));
        return octets;
    }
}
