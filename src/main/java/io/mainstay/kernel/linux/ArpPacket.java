// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.Ipv4Address;
import io.mainstay.net.MacAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An ARP packet for IPv4 over Ethernet (RFC 826).
 *
 * @param operation {@link #REQUEST} or {@link #REPLY}
 * @param senderMac hardware address of the sender
 * @param sender protocol address of the sender; 0.0.0.0 in a probe
 * @param targetMac hardware address of the target
 * @param target protocol address of the target
 */
record ArpPacket(int operation, MacAddress senderMac, Ipv4Address sender, MacAddress targetMac, Ipv4Address target) {

    static final int LENGTH = 28;
    static final int REQUEST = 1;
    static final int REPLY = 2;

    private static final int HARDWARE_ETHERNET = 1;
    private static final int MAC_LENGTH = 6;
    private static final int IPV4_LENGTH = 4;

    /**
     * Says in request form that a host has an address (RFC 5227 §3). The target MAC address, which no one is to look at, is
     * that of broadcast, as keepalived and FRR send it.
     */
    static ArpPacket announcementAsRequest(MacAddress mac, Ipv4Address address) {
        return new ArpPacket(REQUEST, mac, address, MacAddress.BROADCAST, address);
    }

    /**
     * Says in reply form that a host has an address. The target MAC address is the sender's (RFC 5944 §4.6); Linux takes the
     * reply for an announcement only then.
     */
    static ArpPacket announcementAsReply(MacAddress mac, Ipv4Address address) {
        return new ArpPacket(REPLY, mac, address, mac, address);
    }

    /** Asks who has an address without claiming it (RFC 5227 §2.1.1). */
    static ArpPacket probe(MacAddress mac, Ipv4Address address) {
        return new ArpPacket(REQUEST, mac, Ipv4Address.UNSPECIFIED, new MacAddress(0), address);
    }

    /** The packet from its first octet on; empty if it is not one for IPv4 over Ethernet, or is too short. */
    static Optional<ArpPacket> parse(byte[] octets) {
        if (octets.length < LENGTH) {
            return Optional.empty();
        }
        ByteBuffer packet = ByteBuffer.wrap(octets);
        if (packet.getShort(0) != HARDWARE_ETHERNET
                || packet.getShort(2) != SocketConstants.ETH_P_IP
                || packet.get(4) != MAC_LENGTH
                || packet.get(5) != IPV4_LENGTH) {
            return Optional.empty();
        }
        return Optional.of(new ArpPacket(
                Short.toUnsignedInt(packet.getShort(6)),
                MacAddress.ofOctets(octets, 8),
                Ipv4Address.ofOctets(octets, 14),
                MacAddress.ofOctets(octets, 18),
                Ipv4Address.ofOctets(octets, 24)));
    }

    /** The packet in an Ethernet frame to everybody. */
    byte[] toBroadcastFrame() {
        byte[] frame = new byte[EthernetFrame.SHORTEST];
        EthernetFrame.writeHead(frame, MacAddress.BROADCAST, senderMac, SocketConstants.ETH_P_ARP)
                .putShort((short) HARDWARE_ETHERNET)
                .putShort((short) SocketConstants.ETH_P_IP)
                .put((byte) MAC_LENGTH)
                .put((byte) IPV4_LENGTH)
                .putShort((short) operation)
                .put(senderMac.octets())
                .put(sender.octets())
                .put(targetMac.octets())
                .put(target.octets());
        return frame;
    }
}
