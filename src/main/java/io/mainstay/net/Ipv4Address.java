// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * An IPv4 address.
 *
 * @param bits the 32 bits in network order, most significant octet first
 */
public record Ipv4Address(int bits) implements IpAddress {

    public static final Ipv4Address UNSPECIFIED = new Ipv4Address(0);

    /** 224.0.0.18, the group of VRRP (RFC 9568 §5.1.1.2). */
    public static final Ipv4Address VRRP_GROUP = new Ipv4Address(0xE0000012);

    /**
     * Reads dotted decimal with exactly four parts; a leading zero is refused because some programs read it as octal.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static Ipv4Address parse(String text) {
        int bits = 0;
        int parts = 0;
        int start = 0;
        while (start <= text.length()) {
            int end = text.indexOf('.', start);
            if (end < 0) {
                end = text.length();
            }
            bits = (bits << 8) | decimalOctet(text, start, end);
            parts++;
            start = end + 1;
        }
        if (parts != 4) {
            throw notAnAddress(text);
        }
        return new Ipv4Address(bits);
    }

    private static int decimalOctet(String text, int start, int end) {
        int length = end - start;
        if (length < 1 || length > 3 || (length > 1 && text.charAt(start) == '0')) {
            throw notAnAddress(text);
        }
        int value = 0;
        for (int i = start; i < end; i++) {
            char digit = text.charAt(i);
            if (digit < '0' || digit > '9') {
                throw notAnAddress(text);
            }
            value = value * 10 + (digit - '0');
        }
        if (value > 255) {
            throw notAnAddress(text);
        }
        return value;
    }

    private static IllegalArgumentException notAnAddress(String text) {
        return new IllegalArgumentException("IPv4 address: " + text + " (expected: four decimal numbers 0..255)");
    }

    /** Reads four octets in network order, starting at {@code offset}. */
    public static Ipv4Address ofOctets(byte[] octets, int offset) {
        return new Ipv4Address((octets[offset] & 0xFF) << 24
                | (octets[offset + 1] & 0xFF) << 16
                | (octets[offset + 2] & 0xFF) << 8
                | (octets[offset + 3] & 0xFF));
    }

    @Override
    public IpFamily family() {
        return IpFamily.IPV4;
    }

    @Override
    public int bitLength() {
        return 32;
    }

    @Override
    public byte[] octets() {
        return new byte[] {(byte) (bits >>> 24), (byte) (bits >>> 16), (byte) (bits >>> 8), (byte) bits};
    }

    @Override
    public boolean isMulticast() {
        return (bits >>> 28) == 0xE;
    }

    @Override
    public boolean isUnspecified() {
        return bits == 0;
    }

    @Override
    public boolean isLoopback() {
        return (bits >>> 24) == 127;
    }

    @Override
    public String toString() {
        return (bits >>> 24) + "." + ((bits >>> 16) & 0xFF) + "." + ((bits >>> 8) & 0xFF) + "." + (bits & 0xFF);
    }
}
