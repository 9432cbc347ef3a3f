// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

/** A version of the protocol. */
public enum VrrpVersion {
    /** RFC 3768. */
    V2(2),
    /** RFC 9568. */
    V3(3);

    private final int number;

    VrrpVersion(int number) {
        this.number = number;
    }

    /**
     * The version of a number.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static VrrpVersion ofNumber(int number) {
        return switch (number) {
            case 2 -> V2;
            case 3 -> V3;
            default -> throw new IllegalArgumentException("version: " + number + " (expected: 2 or 3)");
        };
    }

    public int number() {
        return number;
    }
}
