// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import java.util.Arrays;

/**
 * The authentication of a VRRPv2 message (RFC 2338 §5.3.6; RFC 3768 §5.3.6 keeps the field and deprecates its use). VRRPv3
 * has none.
 */
public sealed interface Authentication {

    /** Type 0. */
    Authentication NONE = new None();

    /** The number of the authentication type field. */
    int type();

    /** The eight octets of the authentication data field. */
    long data();

    /** Type 0, with authentication data zero. */
    record None() implements Authentication {

        @Override
        public int type() {
            return 0;
        }

        @Override
        public long data() {
            return 0;
        }
    }

    /**
     * Type 1, a password in clear text. It protects against a misconfigured neighbour, not against an enemy.
     *
     * @param data the password's octets, most significant first, filled up with zeros to eight
     */
    record SimplePassword(long data) implements Authentication {

        private static final int LONGEST = 8;

        /** Takes up to eight octets; more are cut off, as keepalived does. */
        public static SimplePassword ofOctets(byte[] password) {
            long data = 0;
            for (byte octet : Arrays.copyOf(password, LONGEST)) {
                data = (data << 8) | (octet & 0xFF);
            }
            return new SimplePassword(data);
        }

        @Override
        public int type() {
            return 1;
        }

        /** The password without what fills it up. */
        public byte[] octets() {
            int length = LONGEST - Long.numberOfTrailingZeros(data) / Byte.SIZE;
            byte[] octets = new byte[length];
            for (int i = 0; i < length; i++) {
                octets[i] = (byte) (data >>> (Long.SIZE - Byte.SIZE * (i + 1)));
            }
            return octets;
        }

        /** Leaves the password out: it must not reach a log. */
        @Override
        public String toString() {
            return "SimplePassword";
        }
    }
}
