// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.InternetChecksum;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An unsolicited neighbour advertisement to all nodes, by which a host says that it has an IPv6 address (RFC 4861 §4.4 and
 * §7.2.6; RFC 9568 §8.2.2).
 *
 * @param mac the host's hardware address
 * @param address the address, which is also the source of the packet
 */
record NeighbourAdvertisement(MacAddress mac, Ipv6Address address) {

    /** ff02::1. */
    private static final Ipv6Address ALL_NODES = new Ipv6Address(0xFF02_0000_0000_0000L, 1);

    private static final MacAddress ALL_NODES_MAC = new MacAddress(0x3333_0000_0001L);

    private static final int IPV6_HEADER_LENGTH = 40;
    private static final int MESSAGE_LENGTH = 32;
    static final int ICMPV6 = 58;
    static final int TYPE = 136;
    static final int HOP_LIMIT = 255;
    private static final int VERSION_6 = 0x6000_0000;

    /** Router, which a virtual router is, and Override, but not Solicited. */
    private static final int FLAGS = 0xA000_0000;

    private static final int TARGET = 8;
    private static final int OPTIONS = 24;
    private static final int OPTION_UNIT = 8;
    private static final int OPTION_TARGET_LINK_LAYER_ADDRESS = 2;
    /** In units of eight octets. */
    private static final int OPTION_LENGTH = 1;

    /**
     * Reads a neighbour advertisement that stands behind an IPv6 header; empty if it does not say which hardware address the
     * host has.
     */
    static Optional<NeighbourAdvertisement> parse(byte[] octets) {
        if (octets.length < IPV6_HEADER_LENGTH + MESSAGE_LENGTH) {
            return Optional.empty();
        }
        int option = IPV6_HEADER_LENGTH + OPTIONS;
        while (octets.length - option >= OPTION_UNIT) {
            int length = (octets[option + 1] & 0xFF) * OPTION_UNIT;
            if (octets[option] == OPTION_TARGET_LINK_LAYER_ADDRESS && length == OPTION_UNIT) {
                return Optional.of(new NeighbourAdvertisement(
                        MacAddress.ofOctets(octets, option + 2),
                        Ipv6Address.ofOctets(octets, IPV6_HEADER_LENGTH + TARGET)));
            }
            if (length == 0) {
                break;
            }
            option += length;
        }
        return Optional.empty();
    }

    byte[] toFrame() {
        byte[] frame = new byte[EthernetFrame.HEADER_LENGTH + IPV6_HEADER_LENGTH + MESSAGE_LENGTH];
        EthernetFrame.writeHead(frame, ALL_NODES_MAC, mac, SocketConstants.ETH_P_IPV6)
                .putInt(VERSION_6)
                .putShort((short) MESSAGE_LENGTH)
                .put((byte) ICMPV6)
                .put((byte) HOP_LIMIT)
                .put(address.octets())
                .put(ALL_NODES.octets())
                .put(message());
        return frame;
    }

    private byte[] message() {
        byte[] octets = new byte[MESSAGE_LENGTH];
        ByteBuffer message = ByteBuffer.wrap(octets)
                .put((byte) TYPE)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(FLAGS)
                .put(address.octets())
                .put((byte) OPTION_TARGET_LINK_LAYER_ADDRESS)
                .put((byte) OPTION_LENGTH)
                .put(mac.octets());
        long sum = InternetChecksum.sum(octets, 0, MESSAGE_LENGTH)
                + InternetChecksum.sumOfPseudoHeader(address, ALL_NODES, ICMPV6, MESSAGE_LENGTH);
        message.putShort(2, (short) InternetChecksum.of(sum));
        return octets;
    }
}
