// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** IPv4 packets as raw sockets hand them out and take them in, header included (RFC 791; raw(7)). */
final class Ipv4Packet {

    static final int HEADER_LENGTH = 20;

    private static final int VERSION_4_HEADER_OF_20 = 0x45;
    private static final int VERSION_4 = 4;
    private static final int TIME_TO_LIVE = 8;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;

    private Ipv4Packet() {}

    /**
     * Puts a header before a payload. Total length, identification and checksum are left to the kernel (raw(7)).
     *
     * @param typeOfService the octet of DSCP and ECN
     */
    static byte[] write(
            Ipv4Address source,
            Ipv4Address destination,
            int typeOfService,
            int timeToLive,
            int protocol,
            byte[] payload) {
        return ByteBuffer.allocate(HEADER_LENGTH + payload.length)
                .put((byte) VERSION_4_HEADER_OF_20)
                .put((byte) typeOfService)
                .putShort((short) (HEADER_LENGTH + payload.length))
                .putInt(0)
                .put((byte) timeToLive)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(source.octets())
                .put(destination.octets())
                .put(payload)
                .array();
    }

    /** Takes a packet apart; empty if its lengths do not fit together, which the kernel lets no packet through with. */
    static Optional<IpDatagram> parse(byte[] octets) {
        if (octets.length < HEADER_LENGTH || (octets[0] >>> 4) != VERSION_4) {
            return Optional.empty();
        }
        int headerLength = (octets[0] & 0xF) * 4;
        int totalLength = Short.toUnsignedInt(ByteBuffer.wrap(octets).getShort(2));
        if (headerLength < HEADER_LENGTH || totalLength < headerLength || totalLength > octets.length) {
            return Optional.empty();
        }
        return Optional.of(new IpDatagram(
                Ipv4Address.ofOctets(octets, SOURCE),
                Ipv4Address.ofOctets(octets, DESTINATION),
                octets[TIME_TO_LIVE] & 0xFF,
                Arrays.copyOfRange(octets, headerLength, totalLength)));
    }
}
