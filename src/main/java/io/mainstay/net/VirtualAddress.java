// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * An address that moves between nodes, with the prefix length under which it is put on an interface.
 *
 * @param address the address itself; neither unspecified, multicast nor loopback
 * @param prefixLength 1 to the family's bit length
 */
public record VirtualAddress(IpAddress address, int prefixLength) {

    public VirtualAddress {
        if (address.isUnspecified() || address.isMulticast() || address.isLoopback()) {
            throw new IllegalArgumentException(
                    "virtual address: " + address + " (expected: a unicast address of a network)");
        }
        if (prefixLength < 1 || prefixLength > address.bitLength()) {
            throw new IllegalArgumentException(
                    "prefix length: " + prefixLength + " (expected: 1.." + address.bitLength() + ")");
        }
    }

    /**
     * Reads {@code ADDRESS/LENGTH}; without a length the whole address counts (32 or 128).
     *
     * @throws IllegalArgumentException if either part is wrong
     */
    public static VirtualAddress parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            IpAddress address = IpAddress.parse(text);
            return new VirtualAddress(address, address.bitLength());
        }
        IpAddress address = IpAddress.parse(text.substring(0, slash));
        String length = text.substring(slash + 1);
        if (length.isEmpty() || length.length() > 3 || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException(
                    "prefix length: " + length + " (expected: 1.." + address.bitLength() + ")");
        }
        return new VirtualAddress(address, Integer.parseInt(length));
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
