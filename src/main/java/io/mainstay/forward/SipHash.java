// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.nio.charset.StandardCharsets;

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that is cheap on short inputs, and whose collisions cannot be
 * searched for without the key.
 */
public final class SipHash {

    private final long key0;
    private final long key1;

    public SipHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    /** A hash whose key is made of a text of any length. */
    static SipHash ofSeed(String seed) {
        byte[] octets = seed.getBytes(StandardCharsets.UTF_8);
        return new SipHash(new SipHash(0, 0).hash(octets), new SipHash(0, 1).hash(octets));
    }

    long hash(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8));
    }

    public long hash(byte[] octets) {
        State state = new State(key0, key1);
        int whole = octets.length & ~7;
        for (int i = 0; i < whole; i += 8) {
            state.take(littleEndian(octets, i, 8));
        }
        long last = (long) octets.length << 56;
        return state.finish(last | littleEndian(octets, whole, octets.length - whole));
    }

    private static long littleEndian(byte[] octets, int from, int count) {
        long word = 0;
        for (int i = 0; i < count; i++) {
            word |= (octets[from + i] & 0xFFL) << (8 * i);
        }
        return word;
    }

    private static final class State {

        private long v0;
        private long v1;
        private long v2;
        private long v3;

        State(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void take(long word) {
            v3 ^= word;
            rounds(2);
            v0 ^= word;
        }

        long finish(long lastWord) {
            take(lastWord);
            v2 ^= 0xFF;
            rounds(4);
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void rounds(int count) {
            for (int i = 0; i < count; i++) {
                v0 += v1;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v3;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 += v3;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 += v1;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v2 = Long.rotateLeft(v2, 32);
            }
        }
    }
}
