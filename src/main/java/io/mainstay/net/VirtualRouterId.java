// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * The number that names a virtual router on a network segment (RFC 9568 §5.2.3).
 *
 * @param value 1 to 255
 */
public record VirtualRouterId(int value) {

    public VirtualRouterId {
        if (value < 1 || value > 255) {
            throw new IllegalArgumentException("vrid: " + value + " (expected: 1..255)");
        }
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
