// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * An IPv4 or IPv6 address, without zone.
 *
 * <p>Ordered as unsigned numbers in network order, which is the order by which RFC 9568 §6.4.3 breaks ties between equal
 * priorities. Addresses of different families are ordered IPv4 first.
 */
public sealed interface IpAddress extends Comparable<IpAddress> permits Ipv4Address, Ipv6Address {

    IpFamily family();

    /** Longest prefix length of the family: 32 or 128. */
    int bitLength();

    /** The address in network order: 4 or 16 octets, a fresh array. */
    byte[] octets();

    boolean isMulticast();

    boolean isUnspecified();

    boolean isLoopback();

    /**
     * Reads the textual form. Never resolves a name.
     *
     * @throws IllegalArgumentException if the text is not an address of either family
     */
    static IpAddress parse(String text) {
        return text.indexOf(':') >= 0 ? Ipv6Address.parse(text) : Ipv4Address.parse(text);
    }

    /**
     * Reads 4 or 16 octets in network order.
     *
     * @throws IllegalArgumentException if there are neither 4 nor 16
     */
    static IpAddress ofOctets(byte[] octets) {
        return switch (octets.length) {
            case 4 -> Ipv4Address.ofOctets(octets, 0);
            case 16 -> Ipv6Address.ofOctets(octets, 0);
            default -> throw new IllegalArgumentException("address octets: " + octets.length + " (expected: 4 or 16)");
        };
    }

    @Override
    default int compareTo(IpAddress other) {
        return switch (this) {
            case Ipv4Address mine ->
                other instanceof Ipv4Address theirs ? Integer.compareUnsigned(mine.bits(), theirs.bits()) : -1;
            case Ipv6Address mine -> {
                if (!(other instanceof Ipv6Address theirs)) {
                    yield 1;
                }
                int byHigh = Long.compareUnsigned(mine.highBits(), theirs.highBits());
                yield byHigh != 0 ? byHigh : Long.compareUnsigned(mine.lowBits(), theirs.lowBits());
            }
        };
    }
}
