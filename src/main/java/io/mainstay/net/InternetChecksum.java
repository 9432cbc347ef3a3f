// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words.
 *
 * <p>Sums are passed around unfolded, so that those of a pseudo-header and of a message can be added. A message that holds
 * its own checksum is whole when {@link #verifies} says so of its sum.
 */
public final class InternetChecksum {

    private static final int ALL_ONES = 0xFFFF;

    private InternetChecksum() {}

    /** The sum over some octets; an odd last one counts as if a zero followed. */
    public static long sum(byte[] octets, int offset, int length) {
        long sum = 0;
        int end = offset + length;
        for (int i = offset; i < end; i++) {
            int octet = octets[i] & 0xFF;
            sum += ((i - offset) & 1) == 0 ? octet << 8 : octet;
        }
        return sum;
    }

    /**
     * The sum over the pseudo-header, which has the same words in IPv4 (RFC 9293 §3.1) as in IPv6 (RFC 8200 §8.1).
     *
     * @param protocol number of the IP protocol
     * @param length octets of the message behind the pseudo-header
     */
    public static long sumOfPseudoHeader(IpAddress source, IpAddress destination, int protocol, int length) {
        return sumOf(source) + sumOf(destination) + protocol + (length >>> 16) + (length & 0xFFFF);
    }

    private static long sumOf(IpAddress address) {
        return switch (address) {
            case Ipv4Address ipv4 -> sumOfWords(Integer.toUnsignedLong(ipv4.bits()));
            case Ipv6Address ipv6 -> sumOfWords(ipv6.highBits()) + sumOfWords(ipv6.lowBits());
        };
    }

    private static long sumOfWords(long bits) {
        return (bits >>> 48) + ((bits >>> 32) & 0xFFFF) + ((bits >>> 16) & 0xFFFF) + (bits & 0xFFFF);
    }

    /** The 16 bits to write into the checksum field, given the sum over everything with that field zero. */
    public static int of(long sum) {
        return ~fold(sum) & ALL_ONES;
    }

    /** Whether a sum that includes the checksum field is that of an unharmed message. */
    public static boolean verifies(long sum) {
        return fold(sum) == ALL_ONES;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded > ALL_ONES) {
            folded = (folded >>> 16) + (folded & ALL_ONES);
        }
        return (int) folded;
    }
}
