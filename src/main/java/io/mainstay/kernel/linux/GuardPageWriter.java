// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.mainstay.kernel.GuardedRouter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Writes lists of records into the slots of the guard page. Used by one thread.
 *
 * <p>The guard carries the records out in their order. What a fence needs comes first, for every router. The room that is left
 * is shared among the routers for what the guard says while it stands in: with hundreds of routers whose messages are signed it
 * holds the first few turns of each.
 *
 * <p>A list is written as a whole, and again whenever one of hundreds of routers has something new: the records of the others are
 * kept from the time before.
 */
final class GuardPageWriter {

    private IdentityHashMap<GuardedRouter, GuardRecords> known = new IdentityHashMap<>();

    /** Writes the list, and says how many of the routers find no room, and so are not guarded at all. */
    int write(List<GuardedRouter> routers, MemorySegment slot) {
        IdentityHashMap<GuardedRouter, GuardRecords> current = new IdentityHashMap<>();
        List<GuardRecords> guarded = new ArrayList<>();
        Pen pen = new Pen(slot);
        for (GuardedRouter router : routers) {
            GuardRecords before = known.get(router);
            GuardRecords records = before == null ? GuardRecords.of(router) : before;
            current.put(router, records);
            if (pen.writeAll(records.fence())) {
                guarded.add(records);
            }
        }
        known = current;
        int left = guarded.size();
        for (GuardRecords records : guarded) {
            pen.writeSome(records.advertisements(), pen.room() / left);
            left--;
        }
        pen.finish();
        return routers.size() - guarded.size();
    }

    /** Where the next record comes to stand in a slot. */
    private static final class Pen {

        private final MemorySegment slot;
        private int octets;
        private int records;

        private Pen(MemorySegment slot) {
            this.slot = slot;
        }

        private int room() {
            return (int) slot.byteSize() - GuardPageLayout.SLOT_HEAD_OCTETS - octets;
        }

        /** Whether there was room for all of them; otherwise none was written. */
        private boolean writeAll(List<byte[]> several) {
            if (several.stream().mapToInt(each -> each.length).sum() > room()) {
                return false;
            }
            several.forEach(this::write);
            return true;
        }

        /** Writes the first of them, as many as the share has room for. */
        private void writeSome(List<byte[]> several, int share) {
            int end = octets + share;
            for (byte[] each : several) {
                if (octets + each.length > end) {
                    return;
                }
                write(each);
            }
        }

        private void write(byte[] record) {
            MemorySegment.copy(
                    record, 0, slot, JAVA_BYTE, GuardPageLayout.SLOT_HEAD_OCTETS + (long) octets, record.length);
            octets += record.length;
            records++;
        }

        private void finish() {
            slot.set(JAVA_INT, 0, records);
            slot.set(JAVA_INT, 4, octets);
        }
    }
}
