// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

import java.util.Locale;

/**
 * A 48-bit Ethernet address.
 *
 * @param bits the address in the low 48 bits, first octet most significant
 */
public record MacAddress(long bits) {

    public static final MacAddress BROADCAST = new MacAddress(0xFFFF_FFFF_FFFFL);

    public MacAddress {
        if ((bits >>> 48) != 0) {
            throw new IllegalArgumentException("MAC bits: 0x" + Long.toHexString(bits) + " (expected: 48 bits)");
        }
    }

    /** Reads six octets starting at {@code offset}. */
    public static MacAddress ofOctets(byte[] octets, int offset) {
        long bits = 0;
        for (int i = 0; i < 6; i++) {
            bits = (bits << 8) | (octets[offset + i] & 0xFF);
        }
        return new MacAddress(bits);
    }

    /** The virtual router MAC address for IPv4, 00:00:5e:00:01:VRID (RFC 9568 §7.3). */
    public static MacAddress ofVirtualRouterIpv4(VirtualRouterId vrid) {
        return new MacAddress(0x0000_5E00_0100L | vrid.value());
    }

    /** The virtual router MAC address for IPv6, 00:00:5e:00:02:VRID (RFC 9568 §7.3). */
    public static MacAddress ofVirtualRouterIpv6(VirtualRouterId vrid) {
        return new MacAddress(0x0000_5E00_0200L | vrid.value());
    }

    /** The virtual router MAC address for a family. */
    public static MacAddress ofVirtualRouter(IpFamily family, VirtualRouterId vrid) {
        return family == IpFamily.IPV4 ? ofVirtualRouterIpv4(vrid) : ofVirtualRouterIpv6(vrid);
    }

    /** Whether it is that of some virtual router, which several hosts may have, one after the other. */
    public boolean isOfVirtualRouter() {
        long range = bits & ~0xFFL;
        return range == 0x0000_5E00_0100L || range == 0x0000_5E00_0200L;
    }

    /** The six octets, a fresh array. */
    public byte[] octets() {
        byte[] octets = new byte[6];
        for (int i = 0; i < 6; i++) {
            octets[i] = (byte) (bits >>> (40 - 8 * i));
        }
        return octets;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(17);
        for (byte octet : octets()) {
            if (!text.isEmpty()) {
                text.append(':');
            }
            text.append(String.format(Locale.ROOT, "%02x", octet));
        }
        return text.toString();
    }
}
