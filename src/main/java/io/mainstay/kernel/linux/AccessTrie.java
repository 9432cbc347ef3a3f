// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.Prefix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** An access list as the data path asks it: a trie of the kernel's (Documentation/bpf/map_lpm_trie.rst). */
final class AccessTrie {

    /** One for each family. */
    private static final int ENTRIES_OF_OTHERS = 2;

    private AccessTrie() {}

    /** A list that nobody asks yet. */
    static BpfMap of(Map<Prefix, Boolean> allowed, boolean others) throws KernelException {
        int count = allowed.size() + ENTRIES_OF_OTHERS;
        BpfMap trie = BpfMap.createTrie(FlowAbi.ACCESS_KEY_OCTETS, FlowAbi.ACCESS_VERDICT_OCTETS, count);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate((long) count * FlowAbi.ACCESS_KEY_OCTETS, 8);
            MemorySegment verdicts = arena.allocate((long) count * FlowAbi.ACCESS_VERDICT_OCTETS, 8);
            put(keys, verdicts, 0, FlowAbi.accessKeyOfOthers(true), others);
            put(keys, verdicts, 1, FlowAbi.accessKeyOfOthers(false), others);
            int next = ENTRIES_OF_OTHERS;
            for (Map.Entry<Prefix, Boolean> each : allowed.entrySet()) {
                put(keys, verdicts, next++, FlowAbi.accessKey(each.getKey()), each.getValue());
            }
            trie.putAll(keys, verdicts, count);
            return trie;
        } catch (KernelException e) {
            trie.close();
            throw e;
        }
    }

    private static void put(MemorySegment keys, MemorySegment verdicts, int index, byte[] key, boolean allowed) {
        MemorySegment.copy(key, 0, keys, JAVA_BYTE, (long) index * key.length, key.length);
        verdicts.setAtIndex(FlowAbi.INT, index, allowed ? FlowAbi.ACCESS_ALLOWED : FlowAbi.ACCESS_DENIED);
    }
}
