// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

/** Ports that flows to backends leave from, the first and the last included. */
public record PortRange(int first, int last) {

    public PortRange {
        if (first < 1024 || last > 65535 || first > last) {
            throw new IllegalArgumentException(
                    "ports: " + first + "-" + last + " (expected: two of 1024..65535, the lower first)");
        }
    }

    public int size() {
        return last - first + 1;
    }

    boolean overlaps(int otherFirst, int otherLast) {
        return otherFirst <= last && first <= otherLast;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
