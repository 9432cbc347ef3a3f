// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * The name of a network interface, as Linux allows it: 1 to 15 octets, no slash, no white space, no colon, neither
 * {@code .} nor {@code ..} (kernel {@code dev_valid_name}).
 *
 * @param value the name
 */
public record InterfaceName(String value) implements Comparable<InterfaceName> {

    public InterfaceName {
        boolean legal = !value.isEmpty()
                && value.length() <= 15
                && !value.equals(".")
                && !value.equals("..")
                && value.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != ':');
        if (!legal) {
            throw new IllegalArgumentException(
                    "interface: " + value + " (expected: 1..15 printable characters without / and :)");
        }
    }

    @Override
    public int compareTo(InterfaceName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
