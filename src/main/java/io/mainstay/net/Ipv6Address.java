// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

import java.util.ArrayList;
import java.util.List;

/**
 * An IPv6 address, without zone. Its text is the canonical form of RFC 5952.
 *
 * @param highBits the first 64 bits in network order
 * @param lowBits the last 64 bits in network order
 */
public record Ipv6Address(long highBits, long lowBits) implements IpAddress {

    private static final int GROUPS = 8;

    /** ff02::12, the group of VRRP (RFC 9568 §5.1.2.2). */
    public static final Ipv6Address VRRP_GROUP = new Ipv6Address(0xFF02_0000_0000_0000L, 0x12L);

    /**
     * Reads the text forms of RFC 4291 §2.2, with {@code ::} and with a dotted IPv4 tail.
     *
     * @throws IllegalArgumentException if the text is anything else, a zone included
     */
    public static Ipv6Address parse(String text) {
        int gap = text.indexOf("::");
        List<Integer> head = groups(text, gap < 0 ? text : text.substring(0, gap), gap < 0);
        List<Integer> tail = gap < 0 ? List.of() : groups(text, text.substring(gap + 2), true);
        int given = head.size() + tail.size();
        if (gap < 0 ? given != GROUPS : given >= GROUPS) {
            throw notAnAddress(text);
        }
        long[] halves = new long[2];
        for (int i = 0; i < GROUPS; i++) {
            int fromTail = i - (GROUPS - tail.size());
            int group = i < head.size() ? head.get(i) : fromTail >= 0 ? tail.get(fromTail) : 0;
            halves[i / 4] = (halves[i / 4] << 16) | group;
        }
        return new Ipv6Address(halves[0], halves[1]);
    }

    private static List<Integer> groups(String whole, String part, boolean mayEndInIpv4) {
        List<Integer> groups = new ArrayList<>(GROUPS);
        if (part.isEmpty()) {
            return groups;
        }
        String[] words = part.split(":", -1);
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (mayEndInIpv4 && i == words.length - 1 && word.indexOf('.') >= 0) {
                int bits = Ipv4Address.parse(word).bits();
                groups.add(bits >>> 16);
                groups.add(bits & 0xFFFF);
            } else {
                groups.add(hexGroup(whole, word));
            }
        }
        return groups;
    }

    private static int hexGroup(String whole, String word) {
        if (word.isEmpty() || word.length() > 4) {
            throw notAnAddress(whole);
        }
        int value = 0;
        for (int i = 0; i < word.length(); i++) {
            int digit = word.charAt(i) < 128 ? Character.digit(word.charAt(i), 16) : -1;
            if (digit < 0) {
                throw notAnAddress(whole);
            }
            value = (value << 4) | digit;
        }
        return value;
    }

    private static IllegalArgumentException notAnAddress(String text) {
        return new IllegalArgumentException("IPv6 address: " + text + " (expected: a form of RFC 4291, no zone)");
    }

    /** Reads sixteen octets in network order, starting at {@code offset}. */
    public static Ipv6Address ofOctets(byte[] octets, int offset) {
        return new Ipv6Address(longAt(octets, offset), longAt(octets, offset + 8));
    }

    private static long longAt(byte[] octets, int offset) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = (value << 8) | (octets[offset + i] & 0xFF);
        }
        return value;
    }

    @Override
    public IpFamily family() {
        return IpFamily.IPV6;
    }

    @Override
    public int bitLength() {
        return 128;
    }

    @Override
    public byte[] octets() {
        byte[] octets = new byte[16];
        for (int i = 0; i < 8; i++) {
            octets[i] = (byte) (highBits >>> (56 - 8 * i));
            octets[8 + i] = (byte) (lowBits >>> (56 - 8 * i));
        }
        return octets;
    }

    @Override
    public boolean isMulticast() {
        return (highBits >>> 56) == 0xFF;
    }

    @Override
    public boolean isUnspecified() {
        return highBits == 0 && lowBits == 0;
    }

    @Override
    public boolean isLoopback() {
        return highBits == 0 && lowBits == 1;
    }

    /** Whether the address is of fe80::/10 (RFC 4291 §2.5.6). */
    public boolean isLinkLocal() {
        return (highBits >>> 54) == 0x3FA;
    }

    private int group(int index) {
        long half = index < 4 ? highBits : lowBits;
        return (int) (half >>> (48 - 16 * (index % 4))) & 0xFFFF;
    }

    @Override
    public String toString() {
        int gapStart = -1;
        int gapLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int length = 0;
            while (i + length < GROUPS && group(i + length) == 0) {
                length++;
            }
            if (length > gapLength) {
                gapStart = i;
                gapLength = length;
            }
            i += length;
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < GROUPS; i++) {
            if (i == gapStart) {
                text.append("::");
                i += gapLength - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(group(i)));
            }
        }
        return text.toString();
    }
}
