// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Octets that are gathered up to a limit; what goes beyond it is dropped. */
final class OctetBuffer {

    private static final int FIRST_SIZE = 256;

    private final int most;
    private byte[] octets;
    private int length;

    OctetBuffer(int most) {
        this.most = most;
        octets = new byte[Math.min(most, FIRST_SIZE)];
    }

    void add(byte octet) {
        if (length < most) {
            makeRoom(1);
            octets[length++] = octet;
        }
    }

    void add(byte[] others, int from, int count) {
        int kept = Math.min(count, most - length);
        makeRoom(kept);
        System.arraycopy(others, from, octets, length, kept);
        length += kept;
    }

    void add(byte... others) {
        add(others, 0, others.length);
    }

    private void makeRoom(int more) {
        if (length + more > octets.length) {
            octets = Arrays.copyOf(octets, Math.min(most, Math.max(2 * octets.length, length + more)));
        }
    }

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    boolean isEmpty() {
        return length == 0;
    }

    boolean isFull() {
        return length == most;
    }

    boolean contains(Payload wanted) {
        return wanted.isWithin(octets, length);
    }

    byte[] toArray() {
        return Arrays.copyOf(octets, length);
    }

    /** One character for each octet. */
    String latin() {
        return new String(octets, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** The beginning, for a message. */
    String shown() {
        return Shown.of(octets, length);
    }
}
