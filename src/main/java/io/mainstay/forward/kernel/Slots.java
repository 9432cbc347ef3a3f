// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.KernelException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which backend has which slot of the data path. A backend keeps its slot when the daemon starts again, so that its flows go
 * on; a slot that changes hands gets an id that was never used, so that flows of the former backend are not taken for those
 * of the new one. Used by one thread.
 */
final class Slots {

    private static final int OWNER_OCTETS = 16;
    private static final String NOBODY = HexFormat.of().formatHex(new byte[OWNER_OCTETS]);

    private final FlowProgram program;
    private final Map<BackendKey, LiveSlot> byKey = new LinkedHashMap<>();
    private final Map<Integer, LiveSlot> byIndex = new HashMap<>();

    /** Slots of a former life of the daemon that no backend has claimed yet, by the name of their owner. */
    private final Map<String, Integer> unclaimed = new HashMap<>();

    /** Those that were found measured: a former life may have ended before it came to all. */
    private final Set<Integer> measuredBefore;

    /** Those that were given to a backend and of which nothing is measured yet. */
    private final Set<Integer> unmeasured = new LinkedHashSet<>();

    private final List<FlowProgram.Backend> found;
    private final Deque<Integer> free = new ArrayDeque<>();
    private int lastId;

    Slots(FlowProgram program) throws KernelException {
        this.program = program;
        found = program.backends();
        List<byte[]> owners = program.owners();
        for (int index = 0; index < found.size(); index++) {
            lastId = Math.max(lastId, found.get(index).id());
            String owner = HexFormat.of().formatHex(owners.get(index));
            if (owner.equals(NOBODY)) {
                free.add(index);
            } else {
                unclaimed.put(owner, index);
            }
        }
        measuredBefore = unclaimed.isEmpty() ? Set.of() : program.latencies().keySet();
    }

    /** The slot of a backend; null if it has none. */
    @Nullable
    LiveSlot find(BackendKey key) {
        return byKey.get(key);
    }

    /** Whose a slot is; null: nobody's. */
    @Nullable
    LiveSlot at(int index) {
        return byIndex.get(index);
    }

    Collection<LiveSlot> all() {
        return byKey.values();
    }

    /** One more than the highest slot in use. */
    int bound() {
        return byIndex.keySet().stream().mapToInt(index -> index + 1).max().orElse(0);
    }

    /**
     * Gives a backend a slot, the one that it had before if there is one; null if there is none. Its state is
     * {@code ABSENT} or what it was.
     */
    @Nullable
    LiveSlot claim(BackendKey key, int port) throws KernelException {
        byte[] owner = owner(key);
        Integer former = unclaimed.remove(HexFormat.of().formatHex(owner));
        LiveSlot slot;
        if (former != null && found.get(former).port() == port) {
            FlowProgram.Backend present = found.get(former);
            slot = new LiveSlot(former, key, port, present.id(), present.state(), present.limit());
            if (!measuredBefore.contains(former)) {
                unmeasured.add(former);
            }
        } else {
            if (former != null) {
                free.add(former);
            }
            if (free.isEmpty()) {
                return null;
            }
            slot = new LiveSlot(free.getFirst(), key, port, ++lastId, FlowProgram.State.ABSENT, 0);
            // In the order that the data path asks for: state absent, then the rest, then the state.
            FlowProgram.Backend before = found.get(slot.index());
            program.putBackend(
                    slot.index(),
                    new FlowProgram.Backend(before.address(), before.port(), FlowProgram.State.ABSENT, before.id()));
            program.putOwner(slot.index(), owner);
            write(slot, slot.state(), slot.limit());
            unmeasured.add(slot.index());
            // Only now, so that a slot that the kernel refuses to fill is not lost.
            free.removeFirst();
        }
        byKey.put(key, slot);
        byIndex.put(slot.index(), slot);
        return slot;
    }

    /** Has the data path treat the flows of a backend otherwise; nothing if it does already. */
    void setState(LiveSlot slot, FlowProgram.State state) throws KernelException {
        if (slot.state() != state) {
            write(slot, state, slot.limit());
            slot.setState(state);
        }
    }

    /** Has the data path give a backend no more flows than so many at the same time; 0: any number. */
    void setLimit(LiveSlot slot, int limit) throws KernelException {
        if (slot.limit() != limit) {
            write(slot, slot.state(), limit);
            slot.setLimit(limit);
        }
    }

    /** Has it measured how long those take that came since this was called last: apart, as the kernel may take its time for memory. */
    void measureNew() throws KernelException {
        for (Iterator<Integer> indexes = unmeasured.iterator(); indexes.hasNext(); ) {
            program.measure(indexes.next(), true);
            indexes.remove();
        }
    }

    private void write(LiveSlot slot, FlowProgram.State state, int limit) throws KernelException {
        program.putBackend(
                slot.index(),
                new FlowProgram.Backend(slot.key().address().address(), slot.port(), state, slot.id(), limit));
    }

    /** Lets go of a slot without flows. */
    void giveBack(LiveSlot slot) throws KernelException {
        setState(slot, FlowProgram.State.ABSENT);
        program.putOwner(slot.index(), new byte[OWNER_OCTETS]);
        unmeasured.remove(slot.index());
        program.measure(slot.index(), false);
        byKey.remove(slot.key());
        byIndex.remove(slot.index());
        free.add(slot.index());
    }

    /** Lets go of all slots that were a former life's and that nobody has claimed: their flows are reset. */
    void dropUnclaimed() throws KernelException {
        for (int index : unclaimed.values()) {
            FlowProgram.Backend before = found.get(index);
            program.putBackend(
                    index,
                    new FlowProgram.Backend(before.address(), before.port(), FlowProgram.State.ABSENT, before.id()));
            program.putOwner(index, new byte[OWNER_OCTETS]);
            program.measure(index, false);
            free.add(index);
        }
        unclaimed.clear();
    }

    private static byte[] owner(BackendKey key) {
        String text = key.service() + '\0' + key.backend() + '\0' + key.address();
        return Arrays.copyOf(Digest.of(text), OWNER_OCTETS);
    }
}
