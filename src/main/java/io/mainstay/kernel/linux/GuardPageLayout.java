// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mainstay.kernel.PreparedAdvertisement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/** Where things stand in the memory shared with mainstay-guard: the Java side of native/guard/page.h. */
final class GuardPageLayout {

    static final byte[] MAGIC = "MSGUARD1".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 3;

    static final long VERSION_OFFSET = 8;
    static final long SIZE_OFFSET = 12;
    static final long SLOT_OFFSET_OFFSET = 16;
    static final long SLOT_OCTETS_OFFSET = 20;
    static final long LEASE_OFFSET = 64;
    static final long GENERATION_OFFSET = 128;
    static final long SPEAKER_OFFSET = 136;
    static final long FENCED_AT_OFFSET = 192;
    static final long FENCED_LATE_BY_OFFSET = 200;
    static final long FENCE_REASON_OFFSET = 208;

    /** How many routers the guard can stand in for: those of the numbers below. */
    static final int VOICES = 1920;

    static final int VOICES_OFFSET = 4096;
    static final int VOICE_OCTETS = 32;
    static final int VOICE_DUE = 0;
    static final int VOICE_INTERVAL = 8;
    static final int VOICE_SPOKEN_AT = 16;
    static final int VOICE_SPOKEN = 24;

    static final int SLOT_OFFSET = VOICES_OFFSET + VOICES * VOICE_OCTETS;
    static final int SLOT_OCTETS = 512 * 1024;
    static final int SIZE = SLOT_OFFSET + 2 * SLOT_OCTETS;

    static final long LEASE_DISARMED = 0;
    static final long LEASE_FENCED = 1;

    static final long VOICE_SILENT = 0;

    static final int SLOT_HEAD_OCTETS = 8;
    static final int RECORD_HEAD_OCTETS = 32;
    static final int RECORD_ALIGNMENT = 8;
    static final short RECORD_ADDRESS = 1;
    static final short RECORD_DATAGRAM = 2;
    static final short RECORD_ADVERTISEMENT = 3;
    static final short RECORD_LINK = 4;

    /** Into how many numbers the turns of a voice are folded; 0 is that of what is said in every turn. */
    private static final int TURNS = 0xFFFF;

    /** Where the number of a turn stands beside the number of a voice. */
    private static final int TURN_SHIFT = 16;

    /** Access to a 64-bit word: (segment, offset). */
    static final VarHandle LONG = JAVA_LONG.varHandle();

    /** Access to a 32-bit word: (segment, offset). */
    static final VarHandle INT = JAVA_INT.varHandle();

    private GuardPageLayout() {}

    /** Where the voice of a router stands; its number is below {@link #VOICES}. */
    static long voice(int number) {
        return VOICES_OFFSET + (long) number * VOICE_OCTETS;
    }

    /** Whose turn an advertisement is for, and which. */
    static int turn(int number, long turn) {
        int folded = turn == PreparedAdvertisement.EVERY_TURN ? 0 : (int) ((turn - 1) % TURNS) + 1;
        return folded << TURN_SHIFT | number;
    }

    /** Where the list of a generation stands. */
    static MemorySegment slot(MemorySegment page, long generation) {
        return page.asSlice(SLOT_OFFSET + (generation & 1) * SLOT_OCTETS, SLOT_OCTETS);
    }

    /**
     * Checks that a page is of this layout.
     *
     * @throws IllegalArgumentException if it is not
     */
    static void check(MemorySegment page) {
        if (MemorySegment.mismatch(page, 0, MAGIC.length, MemorySegment.ofArray(MAGIC), 0, MAGIC.length) != -1) {
            throw new IllegalArgumentException("magic of the guard page: other (expected: MSGUARD1)");
        }
        expect(page, "version", VERSION_OFFSET, VERSION);
        expect(page, "size", SIZE_OFFSET, SIZE);
        expect(page, "offset of the slots", SLOT_OFFSET_OFFSET, SLOT_OFFSET);
        expect(page, "octets of a slot", SLOT_OCTETS_OFFSET, SLOT_OCTETS);
    }

    private static void expect(MemorySegment page, String what, long offset, int expected) {
        int found = page.get(JAVA_INT, offset);
        if (found != expected) {
            throw new IllegalArgumentException(what + " of the guard page: " + found + " (expected: " + expected + ")");
        }
    }
}
