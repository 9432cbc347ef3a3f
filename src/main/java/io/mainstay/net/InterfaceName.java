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
        if (!isLegal(value)) {
            throw new IllegalArgumentException(
                    "interface: " + value + " (expected: 1..15 printable characters without / and :)");
        }
    }

    /** Whether a text is such a name. */
    public static boolean isLegal(String text) {
        return !text.isEmpty()
                && text.length() <= 15
                && !text.equals(".")
                && !text.equals("..")
                && text.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != ':');
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
