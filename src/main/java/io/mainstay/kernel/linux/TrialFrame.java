// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Transport;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Ethernet frames with a packet of a client, as the data path meets them, and what leaves it. Pure. */
final class TrialFrame {

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86DD;
    private static final int IPV4_OCTETS = 20;
    private static final int IPV6_OCTETS = 40;
    private static final int TCP_OCTETS = 20;
    private static final int UDP_OCTETS = 8;
    private static final int SYN = 0x02;
    private static final int ACK = 0x10;
    private static final int WINDOW = 0xFFFF;
    private static final int HOP_LIMIT = 64;

    /** A number of the kind that nothing is to be concluded from. */
    private static final int SEQUENCE = 1;

    private TrialFrame() {}

    /** @param to the hardware address of the interface on which it arrives */
    static byte[] write(FlowTuple flow, FlowTrial.Packet packet, MacAddress to) {
        boolean tcp = flow.transport() == Transport.TCP;
        byte[] segment = tcp ? segment(flow, packet) : datagram(flow);
        int protocol = tcp ? FlowAbi.PROTOCOL_TCP : FlowAbi.PROTOCOL_UDP;
        long sum = InternetChecksum.sumOfPseudoHeader(
                        flow.source().address(), flow.destination().address(), protocol, segment.length)
                + InternetChecksum.sum(segment, 0, segment.length);
        ByteBuffer.wrap(segment).putShort(tcp ? 16 : 6, (short) InternetChecksum.of(sum));
        boolean ipv4 = flow.destination().address() instanceof Ipv4Address;
        byte[] header = ipv4 ? ipv4(flow, protocol, segment.length) : ipv6(flow, protocol, segment.length);
        byte[] frame = new byte[EthernetFrame.HEADER_LENGTH + header.length + segment.length];
        EthernetFrame.writeHead(frame, to, new MacAddress(0), ipv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)
                .put(header)
                .put(segment);
        return frame;
    }

    private static byte[] segment(FlowTuple flow, FlowTrial.Packet packet) {
        boolean first = packet == FlowTrial.Packet.FIRST;
        return ports(flow, TCP_OCTETS)
                .putInt(SEQUENCE)
                .putInt(first ? 0 : SEQUENCE)
                .put((byte) (TCP_OCTETS / 4 * 16))
                .put((byte) (first ? SYN : ACK))
                .putShort((short) WINDOW)
                .array();
    }

    private static byte[] datagram(FlowTuple flow) {
        return ports(flow, UDP_OCTETS).putShort((short) UDP_OCTETS).array();
    }

    private static ByteBuffer ports(FlowTuple flow, int octets) {
        return ByteBuffer.allocate(octets)
                .putShort((short) flow.source().port())
                .putShort((short) flow.destination().port());
    }

    private static byte[] ipv4(FlowTuple flow, int protocol, int payload) {
        ByteBuffer header = ByteBuffer.allocate(IPV4_OCTETS)
                .putShort((short) 0x4500)
                .putShort((short) (IPV4_OCTETS + payload))
                .putInt(0x4000) // may not be fragmented
                .put((byte) HOP_LIMIT)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(flow.source().address().octets())
                .put(flow.destination().address().octets());
        header.putShort(10, (short) InternetChecksum.of(InternetChecksum.sum(header.array(), 0, IPV4_OCTETS)));
        return header.array();
    }

    private static byte[] ipv6(FlowTuple flow, int protocol, int payload) {
        return ByteBuffer.allocate(IPV6_OCTETS)
                .putInt(6 << 28)
                .putShort((short) payload)
                .put((byte) protocol)
                .put((byte) HOP_LIMIT)
                .put(flow.source().address().octets())
                .put(flow.destination().address().octets())
                .array();
    }

    /** The ends of a packet of TCP or UDP without options; null if it is none. */
    static @Nullable FlowTuple read(byte[] frame) {
        ByteBuffer octets = ByteBuffer.wrap(frame);
        boolean ipv4 = frame.length > EthernetFrame.HEADER_LENGTH && octets.getShort(12) == ETHERTYPE_IPV4;
        int transport = EthernetFrame.HEADER_LENGTH + (ipv4 ? IPV4_OCTETS : IPV6_OCTETS);
        if (frame.length < transport + UDP_OCTETS) {
            return null;
        }
        int addresses = EthernetFrame.HEADER_LENGTH + (ipv4 ? 12 : 8);
        int length = ipv4 ? 4 : 16;
        int protocol = octets.get(EthernetFrame.HEADER_LENGTH + (ipv4 ? 9 : 6));
        if (protocol != FlowAbi.PROTOCOL_TCP && protocol != FlowAbi.PROTOCOL_UDP) {
            return null;
        }
        return new FlowTuple(
                protocol == FlowAbi.PROTOCOL_TCP ? Transport.TCP : Transport.UDP,
                end(frame, addresses, length, octets.getShort(transport)),
                end(frame, addresses + length, length, octets.getShort(transport + 2)));
    }

    private static Endpoint end(byte[] frame, int at, int length, short port) {
        return new Endpoint(IpAddress.ofOctets(Arrays.copyOfRange(frame, at, at + length)), Short.toUnsignedInt(port));
    }
}
