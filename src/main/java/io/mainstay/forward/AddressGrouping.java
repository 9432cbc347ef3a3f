// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;

/**
 * Which clients count as one: those whose addresses begin with the same bits. An IPv6 host changes the second half of its
 * address from hour to hour, and a company may come from several IPv4 addresses of one network.
 *
 * @param ipv4PrefixLength 0 to 32
 * @param ipv6PrefixLength 0 to 128
 */
public record AddressGrouping(int ipv4PrefixLength, int ipv6PrefixLength) {

    /** Every IPv4 address, and every network to which IPv6 hosts are attached (RFC 4291 §2.5.1). */
    public static final AddressGrouping DEFAULT = new AddressGrouping(32, 64);

    public AddressGrouping {
        requireLength("IPv4 prefix length", ipv4PrefixLength, 32);
        requireLength("IPv6 prefix length", ipv6PrefixLength, 128);
    }

    private static void requireLength(String what, int length, int most) {
        if (length < 0 || length > most) {
            throw new IllegalArgumentException(what + ": " + length + " (expected: 0.." + most + ")");
        }
    }

    /** The first address of the group. */
    public IpAddress groupOf(IpAddress client) {
        return switch (client) {
            case Ipv4Address ipv4 ->
                ipv4PrefixLength == 32
                        ? ipv4
                        : new Ipv4Address((int) (ipv4.bits() & leadingOnes(ipv4PrefixLength + 32)));
            case Ipv6Address ipv6 ->
                ipv6PrefixLength == 128
                        ? ipv6
                        : new Ipv6Address(
                                ipv6.highBits() & leadingOnes(Math.min(ipv6PrefixLength, 64)),
                                ipv6.lowBits() & leadingOnes(Math.max(ipv6PrefixLength - 64, 0)));
        };
    }

    private static long leadingOnes(int count) {
        return count == 0 ? 0 : -1L << (64 - count);
    }

    /** A group for people: {@code 192.0.2.7}, or {@code 2001:db8:1:2::/64}. */
    public String shown(IpAddress group) {
        int length = group instanceof Ipv4Address ? ipv4PrefixLength : ipv6PrefixLength;
        return length == group.bitLength() ? group.toString() : group + "/" + length;
    }
}
