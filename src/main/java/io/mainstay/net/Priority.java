// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * The priority that an advertisement carries (RFC 9568 §5.2.4).
 *
 * @param value 0 to 255; 0 says that the Active stops, 255 that the sender owns the addresses
 */
public record Priority(int value) implements Comparable<Priority> {

    /** Sent by an Active that stops to take part. */
    public static final Priority RESIGN = new Priority(0);

    /** Of the router that owns the addresses as its own. */
    public static final Priority OWNER = new Priority(255);

    /** The default of RFC 9568 §6.1. */
    public static final Priority DEFAULT = new Priority(100);

    public Priority {
        if (value < 0 || value > 255) {
            throw new IllegalArgumentException("priority: " + value + " (expected: 0..255)");
        }
    }

    public boolean isResign() {
        return value == 0;
    }

    public boolean isOwner() {
        return value == 255;
    }

    @Override
    public int compareTo(Priority other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
