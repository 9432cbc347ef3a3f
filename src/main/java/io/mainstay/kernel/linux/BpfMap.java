// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A map that is pinned in the file system. Safe for use by several threads. */
final class BpfMap implements AutoCloseable {

    /** Of the maps that are read whole: enough that a call costs little for each entry. */
    private static final int BATCH = 4096;

    private static final int LPM_TRIE = 11;
    private static final int NO_PREALLOC = 1;

    /** Of values that are large, as those of a machine with many processors, not so many, but more than a bucket has. */
    private static final int BATCH_OCTETS = 4 << 20;

    private static final int LEAST_BATCH = 64;

    private static final int PER_CPU_HASH = 5;
    private static final int PER_CPU_ARRAY = 6;

    private final String name;
    private final int descriptor;
    private final int keyOctets;
    private final int valueOctets;
    private final int entries;
    private final int copies;

    /** Is shown the entries of a map one after the other; the memory is used again for the next ones. */
    interface Visitor {
        void visit(MemorySegment key, MemorySegment value);
    }

    private BpfMap(String name, int descriptor, MemorySegment info) throws KernelException {
        this.name = name;
        this.descriptor = descriptor;
        int type = info.get(JAVA_INT, 0);
        keyOctets = info.get(JAVA_INT, 8);
        entries = info.get(JAVA_INT, 16);
        boolean perCpu = type == PER_CPU_ARRAY || type == PER_CPU_HASH;
        copies = perCpu ? possibleProcessors() : 1;
        int valueOfOne = info.get(JAVA_INT, 12);
        valueOctets = perCpu ? (valueOfOne + 7 & ~7) * copies : valueOfOne;
    }

    /**
     * Opens a map.
     *
     * @param value octets that a value is to have, one processor's
     */
    static BpfMap open(Path path, int key, int value) throws KernelException {
        return of(openObject(path), path, key, value);
    }

    /**
     * Makes a trie of prefixes that is nowhere pinned: the kernel forgets it when it is closed and stands in no other map.
     *
     * @param mostEntries for how many there is to be room
     */
    static BpfMap createTrie(int key, int value, int mostEntries) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(48, 8);
            attributes.set(JAVA_INT, 0, LPM_TRIE);
            attributes.set(JAVA_INT, 4, key);
            attributes.set(JAVA_INT, 8, value);
            attributes.set(JAVA_INT, 12, mostEntries);
            attributes.set(JAVA_INT, 16, NO_PREALLOC);
            int descriptor = LinuxCalls.check(BpfCalls.bpf(BpfCalls.MAP_CREATE, attributes), "make a trie");
            return of(descriptor, Path.of("trie"), key, value);
        }
    }

    private static BpfMap of(int descriptor, Path path, int key, int value) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(128, 8);
            MemorySegment attributes = arena.allocate(16, 8);
            attributes.set(JAVA_INT, 0, descriptor);
            attributes.set(JAVA_INT, 4, (int) info.byteSize());
            attributes.set(JAVA_LONG, 8, info.address());
            LinuxCalls.check(BpfCalls.bpf(BpfCalls.OBJ_GET_INFO_BY_FD, attributes), "look at " + path);
            if (info.get(JAVA_INT, 8) != key || info.get(JAVA_INT, 12) != value) {
                throw new KernelException(
                        path + ": of another layout, " + info.get(JAVA_INT, 8) + " and " + info.get(JAVA_INT, 12)
                                + " octets (expected: " + key + " and " + value + ")",
                        Errno.EINVAL.number());
            }
            return new BpfMap(String.valueOf(path.getFileName()), descriptor, info);
        } catch (KernelException e) {
            LinuxCalls.close(descriptor);
            throw e;
        }
    }

    /** A descriptor of a pinned map or program. */
    static int openObject(Path path) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(16, 8);
            attributes.set(JAVA_LONG, 0, arena.allocateFrom(path.toString()).address());
            return LinuxCalls.check(BpfCalls.bpf(BpfCalls.OBJ_GET, attributes), "open " + path);
        }
    }

    /** How many copies of a value a map of one for each processor has. */
    private static int possibleProcessors() throws KernelException {
        Path file = Path.of("/sys/devices/system/cpu/possible");
        try {
            String text = Files.readString(file).strip();
            return Integer.parseInt(text.substring(Math.max(text.lastIndexOf('-'), text.lastIndexOf(',')) + 1)) + 1;
        } catch (IOException | NumberFormatException unknown) {
            throw new KernelException("read " + file + ": " + unknown.getMessage(), Errno.OTHER.number());
        }
    }

    /** What stands for it in a map of maps. */
    int descriptor() {
        return descriptor;
    }

    /** How many entries there is room for. */
    int entries() {
        return entries;
    }

    int copies() {
        return copies;
    }

    void put(byte[] key, byte[] value) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = element(arena, arena.allocateFrom(JAVA_BYTE, key));
            attributes.set(JAVA_LONG, 16, arena.allocateFrom(JAVA_BYTE, value).address());
            LinuxCalls.check(BpfCalls.bpf(BpfCalls.MAP_UPDATE_ELEM, attributes), "write to map " + name);
        }
    }

    void put(int index, byte[] value) throws KernelException {
        put(FlowAbi.index(index), value);
    }

    void put(Arena arena, MemorySegment key, MemorySegment value) throws KernelException {
        MemorySegment attributes = element(arena, key);
        attributes.set(JAVA_LONG, 16, value.address());
        LinuxCalls.check(BpfCalls.bpf(BpfCalls.MAP_UPDATE_ELEM, attributes), "write to map " + name);
    }

    /** The value of an entry in native memory; null if there is none. */
    @Nullable
    MemorySegment get(Arena arena, MemorySegment key) throws KernelException {
        MemorySegment value = arena.allocate(valueOctets, 8);
        MemorySegment attributes = element(arena, key);
        attributes.set(JAVA_LONG, 16, value.address());
        int result = BpfCalls.bpf(BpfCalls.MAP_LOOKUP_ELEM, attributes);
        if (LinuxCalls.failedWith(result, Errno.ENOENT)) {
            return null;
        }
        LinuxCalls.check(result, "read from map " + name);
        return value;
    }

    /** Removes an entry; one that is not there counts as removed. */
    void remove(byte[] key) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            remove(arena, arena.allocateFrom(JAVA_BYTE, key));
        }
    }

    void remove(Arena arena, MemorySegment key) throws KernelException {
        int result = BpfCalls.bpf(BpfCalls.MAP_DELETE_ELEM, element(arena, key));
        if (!LinuxCalls.failedWith(result, Errno.ENOENT)) {
            LinuxCalls.check(result, "remove from map " + name);
        }
    }

    private MemorySegment element(Arena arena, MemorySegment key) {
        MemorySegment attributes = arena.allocate(32, 8);
        attributes.set(JAVA_INT, 0, descriptor);
        attributes.set(JAVA_LONG, 8, key.address());
        return attributes;
    }

    /** Removes all entries of a hash. */
    void clear() throws KernelException {
        List<byte[]> keys = new ArrayList<>();
        forEach(Integer.MAX_VALUE, (key, value) -> keys.add(key.toArray(JAVA_BYTE)));
        for (byte[] key : keys) {
            remove(key);
        }
    }

    /** Writes entries of an array from an index on. */
    void putAll(int first, MemorySegment values, int count) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate((long) count * Integer.BYTES, 8);
            for (int i = 0; i < count; i++) {
                keys.setAtIndex(JAVA_INT, i, first + i);
            }
            putAll(keys, values, count);
        }
    }

    /**
     * Goes through the map, of an array at most the first {@code most} entries.
     *
     * <p>A hash is handed out bucket by bucket: what stays in it is met once.
     */
    void forEach(int most, Visitor visitor) throws KernelException {
        forEach(0, most, visitor);
    }

    /** Goes through the entries of an array from an index on, as many as there are of these. */
    void forEach(int firstIndex, int most, Visitor visitor) throws KernelException {
        int batch = Math.min(Math.clamp(BATCH_OCTETS / valueOctets, LEAST_BATCH, BATCH), entries);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate((long) batch * keyOctets, 8);
            MemorySegment values = arena.allocate((long) batch * valueOctets, 8);
            MemorySegment place = arena.allocate(Math.max(keyOctets, 8), 8);
            MemorySegment attributes = batch(arena, keys, values, batch);
            // Of an array the place is the last index that was met.
            place.set(JAVA_INT, 0, firstIndex - 1);
            int met = 0;
            boolean more = true;
            for (boolean begins = firstIndex == 0; more && met < most; begins = false) {
                attributes.set(JAVA_LONG, 0, begins ? 0 : place.address());
                attributes.set(JAVA_LONG, 8, place.address());
                attributes.set(JAVA_INT, 32, Math.min(batch, Math.max(most - met, 1)));
                int result = BpfCalls.bpf(BpfCalls.MAP_LOOKUP_BATCH, attributes);
                more = !LinuxCalls.failedWith(result, Errno.ENOENT);
                if (more) {
                    LinuxCalls.check(result, "read map " + name);
                }
                int count = attributes.get(JAVA_INT, 32);
                for (int i = 0; i < count; i++) {
                    visitor.visit(
                            keys.asSlice((long) i * keyOctets, keyOctets),
                            values.asSlice((long) i * valueOctets, valueOctets));
                }
                met += count;
            }
        }
    }

    /** Writes entries that are laid end to end. */
    void putAll(MemorySegment keys, MemorySegment values, int count) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = batch(arena, keys, values, count);
            LinuxCalls.check(BpfCalls.bpf(BpfCalls.MAP_UPDATE_BATCH, attributes), "write to map " + name);
        }
    }

    private MemorySegment batch(Arena arena, MemorySegment keys, MemorySegment values, int count) {
        MemorySegment attributes = arena.allocate(56, 8);
        attributes.set(JAVA_LONG, 16, keys.address());
        attributes.set(JAVA_LONG, 24, values.address());
        attributes.set(JAVA_INT, 32, count);
        attributes.set(JAVA_INT, 36, descriptor);
        return attributes;
    }

    @Override
    public void close() {
        LinuxCalls.close(descriptor);
    }
}
