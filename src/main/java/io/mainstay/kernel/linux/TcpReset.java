// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.Endpoint;
import io.mainstay.net.InternetChecksum;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;

/** A TCP reset as an IP packet with its header, as raw sockets send it (RFC 9293 §3.1). */
final class TcpReset {

    private static final int TCP = 6;
    private static final int TCP_OCTETS = 20;
    private static final int HEADER_WORDS_AND_RST = 5 << 12 | 0x4;
    private static final int HOP_LIMIT = 64;

    private TcpReset() {}

    /**
     * @param sequence what the receiver expects next, else it does not believe it (RFC 5961 §3)
     * @throws IllegalArgumentException if source and destination are of two families
     */
    static byte[] packet(Endpoint source, Endpoint destination, int sequence) {
        ByteBuffer segment = ByteBuffer.allocate(TCP_OCTETS)
                .putShort((short) source.port())
                .putShort((short) destination.port())
                .putInt(sequence)
                .putInt(0)
                .putShort((short) HEADER_WORDS_AND_RST)
                .putShort((short) 0)
                .putInt(0);
        long sum = InternetChecksum.sumOfPseudoHeader(source.address(), destination.address(), TCP, TCP_OCTETS)
                + InternetChecksum.sum(segment.array(), 0, TCP_OCTETS);
        segment.putShort(16, (short) InternetChecksum.of(sum));
        if (source.address() instanceof Ipv4Address from && destination.address() instanceof Ipv4Address to) {
            return Ipv4Packet.write(from, to, 0, HOP_LIMIT, TCP, segment.array());
        }
        if (source.address() instanceof Ipv6Address from && destination.address() instanceof Ipv6Address to) {
            return ByteBuffer.allocate(40 + TCP_OCTETS)
                    .putInt(6 << 28)
                    .putShort((short) TCP_OCTETS)
                    .put((byte) TCP)
                    .put((byte) HOP_LIMIT)
                    .put(from.octets())
                    .put(to.octets())
                    .put(segment.array())
                    .array();
        }
        throw new IllegalArgumentException(
                "reset: " + source + " to " + destination + " (expected: addresses of one family)");
    }
}
