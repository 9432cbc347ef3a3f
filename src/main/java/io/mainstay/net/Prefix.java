// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * All addresses that begin with the same bits, as {@code 203.0.113.0/24} (RFC 4632, RFC 4291 §2.3).
 *
 * @param address the first of them: no bit behind the length is set
 * @param length how many leading bits they share, 0 to 32 or 128
 */
public record Prefix(IpAddress address, int length) {

    public Prefix {
        if (length < 0 || length > address.bitLength()) {
            throw new IllegalArgumentException(
                    "prefix length: " + length + " (expected: 0.." + address.bitLength() + ")");
        }
        if ((highBits(address) & ~highMask(length)) != 0 || (lowBits(address) & ~lowMask(length)) != 0) {
            throw new IllegalArgumentException(
                    "prefix: " + address + "/" + length + " (expected: no bit set behind the length)");
        }
    }

    /** The addresses that begin with the same bits as this one. */
    public static Prefix around(IpAddress address, int length) {
        long high = highBits(address) & highMask(length);
        return new Prefix(
                switch (address) {
                    case Ipv4Address ignored -> new Ipv4Address((int) (high >>> 32));
                    case Ipv6Address ignored -> new Ipv6Address(high, lowBits(address) & lowMask(length));
                },
                length);
    }

    /**
     * Reads {@code 203.0.113.0/24}, {@code 2001:db8::/32}, or a single address.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static Prefix parse(String text) {
        int slash = text.indexOf('/');
        IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        return new Prefix(address, slash < 0 ? address.bitLength() : length(text.substring(slash + 1)));
    }

    private static int length(String digits) {
        boolean legal = !digits.isEmpty()
                && digits.length() <= 3
                && digits.chars().allMatch(c -> c >= '0' && c <= '9')
                && (digits.length() == 1 || digits.charAt(0) != '0');
        if (!legal) {
            throw new IllegalArgumentException("prefix length: " + digits + " (expected: a number)");
        }
        return Integer.parseInt(digits);
    }

    /** Whether the address is one of them. */
    public boolean contains(IpAddress other) {
        return other.bitLength() == address.bitLength()
                && (highBits(other) & highMask(length)) == highBits(address)
                && (lowBits(other) & lowMask(length)) == lowBits(address);
    }

    /** The first 64 bits of an address, an IPv4 one at their upper end. */
    public static long highBits(IpAddress address) {
        return switch (address) {
            case Ipv4Address ipv4 -> (long) ipv4.bits() << 32;
            case Ipv6Address ipv6 -> ipv6.highBits();
        };
    }

    /** The other 64 bits; none of an IPv4 address. */
    public static long lowBits(IpAddress address) {
        return address instanceof Ipv6Address ipv6 ? ipv6.lowBits() : 0;
    }

    /** As many of the first 64 bits as belong to a prefix of this length. */
    public static long highMask(int length) {
        return length == 0 ? 0 : length >= 64 ? -1L : -1L << (64 - length);
    }

    /** The same of the other 64 bits. */
    public static long lowMask(int length) {
        return highMask(Math.max(length - 64, 0));
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
