// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of all connections of a worker, and thereby the list of them. Filing, moving and removing cost a few
 * assignments; a deadline that moves back, as every octet of traffic moves an idle timeout, costs nothing: the entry is
 * looked at when its old slot comes, and filed again.
 *
 * <p>No entry falls due before its deadline; it does at most two ticks after. Used by one thread alone.
 */
final class TimerWheel {

    /** Length of a slot. */
    static final long TICK_NANOS = 100_000_000;

    private static final int SLOTS = 512;

    private final Slot[] slots = new Slot[SLOTS];
    private final long originNanos;
    private Slot spare = new Slot();
    private int size;
    private long lastTick;

    /** @param originNanos any reading of the clock, from which the wheel counts its ticks */
    TimerWheel(long originNanos) {
        this.originNanos = originNanos;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Files an entry by its deadline, for the first time or once more after its deadline came nearer. */
    void file(Entry entry, long nowNanos) {
        if (entry.slot != null) {
            entry.unlink();
        } else {
            if (size == 0) {
                lastTick = tickOf(nowNanos);
            }
            size++;
        }
        link(entry);
    }

    /** Takes an entry out; one that is not in stays out. */
    void remove(Entry entry) {
        if (entry.slot != null) {
            entry.unlink();
            size--;
        }
    }

    /** Calls {@link Entry#onDeadline} on every entry whose deadline has passed. It may file and remove entries. */
    void advance(long nowNanos) {
        long tick = tickOf(nowNanos);
        for (long t = Math.max(lastTick, tick - SLOTS + 1); t <= tick; t++) {
            lastTick = t;
            turn(slotOf(t), nowNanos);
        }
    }

    private void turn(int index, long nowNanos) {
        // Entries that are filed meanwhile, for a later round of the wheel, find an empty slot.
        Slot due = slots[index];
        slots[index] = spare;
        for (Entry entry = due.first; entry != null; entry = due.first) {
            entry.unlink();
            if (nowNanos - entry.deadlineNanos() - TICK_NANOS >= 0) {
                size--;
                entry.onDeadline(nowNanos);
            } else {
                link(entry);
            }
        }
        spare = due;
    }

    /** Shows every entry to the visitor, which must leave the wheel as it is. */
    void forEach(Consumer<Entry> visitor) {
        for (Slot slot : slots) {
            for (Entry entry = slot.first; entry != null; entry = entry.next) {
                visitor.accept(entry);
            }
        }
    }

    private void link(Entry entry) {
        // Where a tick has passed since the deadline for certain; at least the coming slot, at most a whole round
        // ahead.
        long tick = tickOf(entry.deadlineNanos()) + 2;
        long ahead = Math.min(Math.max(tick - lastTick, 1), SLOTS - 1);
        entry.linkTo(slots[slotOf(lastTick + ahead)]);
    }

    private long tickOf(long nanos) {
        return Math.floorDiv(nanos - originNanos, TICK_NANOS);
    }

    private static int slotOf(long tick) {
        return Math.floorMod(tick, SLOTS);
    }

    /** Something with a deadline. It carries the links of the wheel itself. */
    abstract static class Entry {

        private @Nullable Slot slot;
        private @Nullable Entry previous;
        private @Nullable Entry next;

        /** The deadline as it stands now. When it comes nearer, the entry must be filed again. */
        abstract long deadlineNanos();

        /** The deadline has passed and the entry is out of the wheel. */
        abstract void onDeadline(long nowNanos);

        private void linkTo(Slot newSlot) {
            Entry first = newSlot.first;
            slot = newSlot;
            next = first;
            if (first != null) {
                first.previous = this;
            }
            newSlot.first = this;
        }

        private void unlink() {
            if (previous != null) {
                previous.next = next;
            } else if (slot != null) {
                slot.first = next;
            }
            if (next != null) {
                next.previous = previous;
            }
            slot = null;
            previous = null;
            next = null;
        }
    }

    private static final class Slot {

        private @Nullable Entry first;
    }
}
