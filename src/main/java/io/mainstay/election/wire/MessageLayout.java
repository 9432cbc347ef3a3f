// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;

/** Where the fields of a VRRP message stand (RFC 9568 §5.1.1 and §5.2, RFC 3768 §5.1). Lengths and offsets in octets. */
final class MessageLayout {

    /** IP protocol number of VRRP (RFC 9568 §5.1.1.4). */
    static final int PROTOCOL = 112;

    /** TTL or hop limit of every VRRP packet (RFC 9568 §5.1.1.3). */
    static final int HOP_LIMIT = 255;

    static final int TYPE_ADVERTISEMENT = 1;

    static final int VERSION_AND_TYPE = 0;
    static final int VRID = 1;
    static final int PRIORITY = 2;
    static final int COUNT = 3;
    /** Version 3: four reserved bits, then the 12 bits of the interval. */
    static final int INTERVAL_V3 = 4;

    static final int AUTHENTICATION_TYPE_V2 = 4;
    static final int INTERVAL_V2 = 5;
    static final int CHECKSUM = 6;
    static final int ADDRESSES = 8;

    static final int AUTHENTICATION_DATA_LENGTH_V2 = 8;

    static final int LONGEST_INTERVAL_V3_CENTISECONDS = 0xFFF;
    static final int LONGEST_INTERVAL_V2_SECONDS = 0xFF;
    static final int MOST_ADDRESSES = 255;

    private MessageLayout() {}

    /** How long a message is; only an IPv4 one can be of version 2. */
    static int length(VrrpVersion version, int addressLength, int count) {
        int trailer = switch (version) {
            case V2 -> AUTHENTICATION_DATA_LENGTH_V2;
            case V3 -> 0;
        };
        return ADDRESSES + count * addressLength + trailer;
    }

    /**
     * How many octets the checksum covers: of IPv4 the message without what is behind it, of IPv6 the whole payload, since
     * there it is that of the transport (RFC 8200 §8.1), which a kernel may compute.
     */
    static int checksummed(IpAddress ofFamily, int length, int payloadLength) {
        return isIpv4(ofFamily) ? length : payloadLength;
    }

    static int addressLength(IpAddress ofFamily) {
        return ofFamily.bitLength() / Byte.SIZE;
    }

    static boolean isIpv4(IpAddress address) {
        return address instanceof Ipv4Address;
    }
}
