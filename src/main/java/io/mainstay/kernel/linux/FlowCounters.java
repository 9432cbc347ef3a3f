// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram.Latency;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.FlowProgram.Traffic;
import io.mainstay.kernel.KernelException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** What the data path has counted, summed over the processors. */
final class FlowCounters {

    /** How often, and how far apart, memory is asked for that the kernel has to fetch first; together some tenths of a second. */
    private static final int MEMORY_LOOKS = 200;

    private static final long MEMORY_PAUSE_NANOS = 1_000_000;

    private final FlowMaps maps;

    FlowCounters(FlowMaps maps) {
        this.maps = maps;
    }

    /** Each copy of a value is as long as {@code fields} numbers. */
    private static long[] sums(MemorySegment value, int copies, int fields) {
        long[] sums = new long[fields];
        for (int copy = 0; copy < copies; copy++) {
            for (int field = 0; field < fields; field++) {
                sums[field] += value.get(FlowAbi.LONG, ((long) copy * fields + field) * Long.BYTES);
            }
        }
        return sums;
    }

    Map<FlowEvent, Long> events() throws KernelException {
        BpfMap events = maps.get(FlowMap.EVENTS);
        FlowEvent[] names = FlowEvent.values();
        Map<FlowEvent, Long> all = new EnumMap<>(FlowEvent.class);
        events.forEach(
                names.length, (key, value) -> all.put(names[key.get(JAVA_INT, 0)], sums(value, events.copies(), 1)[0]));
        return all;
    }

    /** By door. */
    Map<Integer, Map<Refusal, Long>> refusals() throws KernelException {
        BpfMap refusals = maps.get(FlowMap.REFUSALS);
        Refusal[] reasons = Refusal.values();
        Map<Integer, Map<Refusal, Long>> all = new HashMap<>();
        refusals.forEach(Integer.MAX_VALUE, (key, value) -> {
            long[] sums = sums(value, refusals.copies(), reasons.length);
            Map<Refusal, Long> counts = new EnumMap<>(Refusal.class);
            for (int i = 0; i < reasons.length; i++) {
                counts.put(reasons[i], sums[i]);
            }
            all.put(key.get(JAVA_INT, 0), counts);
        });
        return all;
    }

    List<Traffic> traffic(int slots) throws KernelException {
        BpfMap traffic = maps.get(FlowMap.TRAFFIC);
        List<Traffic> all = new ArrayList<>();
        traffic.forEach(slots, (key, value) -> {
            long[] sums = sums(value, traffic.copies(), FlowAbi.TRAFFIC_OCTETS / Long.BYTES);
            all.add(new Traffic(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]));
        });
        return all;
    }

    /** Flows that still wait for an answer, by slot. */
    List<Integer> embryos(int slots) throws KernelException {
        int[] counts = new int[slots];
        maps.get(FlowMap.EMBRYOS).forEach(Integer.MAX_VALUE, (key, flow) -> {
            int slot = flow.get(FlowAbi.INT, FlowAbi.FLOW_BACKEND);
            if (flow.get(JAVA_BYTE, FlowAbi.FLOW_TO_CLIENT) == 0 && slot < slots) {
                counts[slot]++;
            }
        });
        return Arrays.stream(counts).boxed().toList();
    }

    /**
     * Has the latency of a slot's backend counted from now on, or no more. The kernel takes memory for each processor from a store
     * that it fills up again a moment later: with hundreds of backends at once it is empty now and then.
     */
    void measure(int slot, boolean wanted) throws KernelException {
        BpfMap latency = maps.get(FlowMap.LATENCY);
        if (!wanted) {
            latency.remove(FlowAbi.index(slot));
            return;
        }
        byte[] zeros = new byte[latency.copies() * FlowAbi.LATENCY_OCTETS];
        for (int left = MEMORY_LOOKS; ; left--) {
            try {
                latency.put(slot, zeros);
                return;
            } catch (KernelException e) {
                if (e.errno() != Errno.ENOMEM || left == 0) {
                    throw e;
                }
                LockSupport.parkNanos(MEMORY_PAUSE_NANOS);
            }
        }
    }

    /** By slot. */
    Map<Integer, Latency> latencies() throws KernelException {
        BpfMap latency = maps.get(FlowMap.LATENCY);
        Map<Integer, Latency> all = new HashMap<>();
        latency.forEach(Integer.MAX_VALUE, (key, value) -> {
            List<Long> buckets = Arrays.stream(sums(value, latency.copies(), 2 * FlowAbi.LATENCY_BUCKETS))
                    .boxed()
                    .toList();
            all.put(
                    key.get(JAVA_INT, 0),
                    new Latency(
                            buckets.subList(0, FlowAbi.LATENCY_BUCKETS),
                            buckets.subList(FlowAbi.LATENCY_BUCKETS, buckets.size())));
        });
        return all;
    }
}
