// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Names and secrets as numbers of a fixed length. */
final class Digest {

    private Digest() {}

    /** SHA-256 of a text in UTF-8: 32 octets. */
    static byte[] of(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
