// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key that the nodes of a virtual router share, with the number by which a trailer names it. Immutable; any thread. Two keys
 * are equal if number and octets are.
 */
public final class AuthenticationKey {

    public static final int LOWEST_ID = 1;
    public static final int HIGHEST_ID = 255;

    /** Octets. Half the strength of a key is what a quantum computer leaves. */
    public static final int SHORTEST = 32;

    /** Octets: the block of SHA-256, beyond which a key is only hashed (RFC 2104 §2). */
    public static final int LONGEST = 64;

    private static final String ALGORITHM = "HmacSHA256";

    private final int id;
    private final byte[] octets;

    /** Never used itself, but copied: that is faster than to look the algorithm up, and safe for several threads. */
    private final Mac prototype;

    /** @throws IllegalArgumentException if the number or the length is out of its range */
    public AuthenticationKey(int id, byte[] octets) {
        if (id < LOWEST_ID || id > HIGHEST_ID) {
            throw new IllegalArgumentException("id of a key: " + id + " (expected: 1..255)");
        }
        if (octets.length < SHORTEST || octets.length > LONGEST) {
            throw new IllegalArgumentException("length of a key: " + octets.length + " octets (expected: 32..64)");
        }
        this.id = id;
        this.octets = octets.clone();
        try {
            prototype = Mac.getInstance(ALGORITHM);
            prototype.init(new SecretKeySpec(octets, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform has " + ALGORITHM, e);
        }
    }

    public int id() {
        return id;
    }

    /** Whether it is the same secret, whatever its number. */
    public boolean hasOctetsOf(AuthenticationKey other) {
        return MessageDigest.isEqual(octets, other.octets);
    }

    /** HMAC-SHA256 (RFC 2104) over the parts, one behind the other: 32 octets. */
    byte[] sign(byte[]... parts) {
        try {
            Mac mac = (Mac) prototype.clone();
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(ALGORITHM + " of the Java platform can be copied", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AuthenticationKey key && key.id == id && key.hasOctetsOf(this);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets) * 31 + id;
    }

    /** Leaves the octets out: they must not reach a log. */
    @Override
    public String toString() {
        return "key " + id;
    }
}
