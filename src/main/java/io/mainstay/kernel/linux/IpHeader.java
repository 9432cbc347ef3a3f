// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;

/** The IP header of a VRRP message that is sent with its header (IP_HDRINCL). */
final class IpHeader {

    private static final int VRRP = 112;

    /** Internetwork control, as routers send VRRP (keepalived does so too). */
    private static final int TRAFFIC_CLASS = 0xC0;

    private static final int IPV4_OCTETS = 20;
    private static final int IPV6_OCTETS = 40;
    private static final int MAX_OCTETS = 65535;

    private IpHeader() {}

    /**
     * The datagram with its header in front. The kernel fills in the identification and the checksum of an IPv4 header when it
     * sends it (raw(7)), so they are zero.
     *
     * @throws IllegalArgumentException if source and destination are of two families, or the payload is too long
     */
    static byte[] prependTo(IpDatagram datagram) {
        byte[] payload = datagram.payload();
        if (payload.length > MAX_OCTETS - IPV6_OCTETS) {
            throw new IllegalArgumentException(
                    "payload: " + payload.length + " octets (expected: at most " + (MAX_OCTETS - IPV6_OCTETS) + ")");
        }
        if (datagram.source() instanceof Ipv4Address source
                && datagram.destination() instanceof Ipv4Address destination) {
            return ByteBuffer.allocate(IPV4_OCTETS + payload.length)
                    .put((byte) (4 << 4 | IPV4_OCTETS / 4))
                    .put((byte) TRAFFIC_CLASS)
                    .putShort((short) (IPV4_OCTETS + payload.length))
                    .putInt(0)
                    .put((byte) datagram.hopLimit())
                    .put((byte) VRRP)
                    .putShort((short) 0)
                    .putInt(source.bits())
                    .putInt(destination.bits())
                    .put(payload)
                    .array();
        }
        if (datagram.source() instanceof Ipv6Address source
                && datagram.destination() instanceof Ipv6Address destination) {
            return ByteBuffer.allocate(IPV6_OCTETS + payload.length)
                    .putInt(6 << 28 | TRAFFIC_CLASS << 20)
                    .putShort((short) payload.length)
                    .put((byte) VRRP)
                    .put((byte) datagram.hopLimit())
                    .putLong(source.highBits())
                    .putLong(source.lowBits())
                    .putLong(destination.highBits())
                    .putLong(destination.lowBits())
                    .put(payload)
                    .array();
        }
        throw new IllegalArgumentException("datagram: " + datagram.source() + " to " + datagram.destination()
                + " (expected: addresses of one family)");
    }
}
