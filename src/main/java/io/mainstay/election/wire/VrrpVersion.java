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

    public int number() {
        return number;
    }
}
