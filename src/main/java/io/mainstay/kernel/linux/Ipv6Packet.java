// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** IPv6 packets as packet sockets hand them out, header included (RFC 8200 §3). */
final class Ipv6Packet {

    private static final int HEADER_LENGTH = 40;
    private static final int VERSION_6 = 6;
    private static final int PAYLOAD_LENGTH = 4;
    private static final int HOP_LIMIT = 7;
    private static final int SOURCE = 8;
    private static final int DESTINATION = 24;

    private Ipv6Packet() {}

    /** Takes a packet without extension headers apart; empty if its lengths do not fit together. */
    static Optional<IpDatagram> parse(byte[] octets) {
        if (octets.length < HEADER_LENGTH || (octets[0] & 0xF0) >>> 4 != VERSION_6) {
            return Optional.empty();
        }
        int end = HEADER_LENGTH + Short.toUnsignedInt(ByteBuffer.wrap(octets).getShort(PAYLOAD_LENGTH));
        if (end > octets.length) {
            return Optional.empty();
        }
        return Optional.of(new IpDatagram(
                Ipv6Address.ofOctets(octets, SOURCE),
                Ipv6Address.ofOctets(octets, DESTINATION),
                octets[HOP_LIMIT] & 0xFF,
                Arrays.copyOfRange(octets, HEADER_LENGTH, end)));
    }
}
