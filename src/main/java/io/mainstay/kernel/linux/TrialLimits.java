// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.mainstay.kernel.FlowProgram.Backend;
import io.mainstay.kernel.FlowProgram.Door;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowTrial.Refused;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far limits are used up, in the copy of the data path that is asked: it is given what counts for one client, the doors that
 * it would pass, and the backends that it may get, and nothing else. Used by one thread.
 */
final class TrialLimits {

    /** Of the copy: what packets that begin flows read and change. */
    static final Set<FlowMap> MAPS = EnumSet.of(
            FlowMap.DOOR_STATES, FlowMap.CLIENT_COUNTS, FlowMap.CLIENT_RATES, FlowMap.BACKEND_LOADS, FlowMap.REFUSALS);

    private final FlowMaps live;
    private final FlowMaps own;

    /**
     * @param live of the program that forwards; only read
     * @param own of the copy
     */
    TrialLimits(FlowMaps live, FlowMaps own) {
        this.live = live;
        this.own = own;
    }

    /**
     * Has the copy count as the program that forwards does at this moment, for the next packet of a flow.
     *
     * @param known what is known of the flow, from the client; null: nothing
     */
    void take(FlowTuple flow, @Nullable MemorySegment known) throws KernelException {
        for (FlowMap each :
                EnumSet.of(FlowMap.DOOR_STATES, FlowMap.CLIENT_COUNTS, FlowMap.CLIENT_RATES, FlowMap.REFUSALS)) {
            own.get(each).clear();
        }
        IpAddress client = flow.source().address();
        Set<Integer> slots = new HashSet<>();
        Service service = service(flow);
        if (service != null && service.judged()) {
            takeDoor(service.door(), client);
            live.get(FlowMap.TABLES)
                    .forEach(
                            service.tableFirst(), service.tableSize(), (key, slot) -> slots.add(slot.get(JAVA_INT, 0)));
        }
        if (known != null && known.get(FlowAbi.INT, FlowAbi.FLOW_DOOR) != 0) {
            takeDoor(known.get(FlowAbi.INT, FlowAbi.FLOW_DOOR), client);
            slots.add(known.get(FlowAbi.INT, FlowAbi.FLOW_BACKEND));
        }
        for (int slot : slots) {
            takeLoad(slot);
        }
    }

    private @Nullable Service service(FlowTuple flow) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            byte[] key = FlowAbi.serviceKey(new ServiceKey(flow.transport(), flow.destination()));
            MemorySegment service = live.get(FlowMap.SERVICES).get(arena, arena.allocateFrom(JAVA_BYTE, key));
            return service == null ? null : FlowAbi.service(service);
        }
    }

    private @Nullable Door door(int id) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment door = live.get(FlowMap.DOORS).get(arena, arena.allocateFrom(JAVA_INT, id));
            return door == null ? null : FlowAbi.door(door);
        }
    }

    private void takeDoor(int id, IpAddress client) throws KernelException {
        Door door = door(id);
        if (door == null) {
            return;
        }
        byte[] key = FlowAbi.index(id);
        byte[] group = FlowAbi.clientGroup(id, door, client);
        copy(FlowMap.DOOR_STATES, key);
        copy(FlowMap.CLIENT_COUNTS, group);
        copy(FlowMap.CLIENT_RATES, group);
        BpfMap refusals = own.get(FlowMap.REFUSALS);
        refusals.put(key, new byte[refusals.copies() * Refusal.values().length * Long.BYTES]);
    }

    /** Of a backend without a limit nobody asks how many flows it has. */
    private void takeLoad(int slot) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment octets = live.get(FlowMap.BACKENDS).get(arena, arena.allocateFrom(JAVA_INT, slot));
            Backend backend = octets == null ? null : FlowAbi.backend(octets);
            if (backend != null && backend.limit() != 0) {
                copy(FlowMap.BACKEND_LOADS, FlowAbi.index(slot));
            }
        }
    }

    private void copy(FlowMap which, byte[] key) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment there = arena.allocateFrom(JAVA_BYTE, key);
            MemorySegment value = live.get(which).get(arena, there);
            if (value != null) {
                own.get(which).put(arena, there, value);
            }
        }
    }

    /**
     * Why the client of a packet that the copy has just been run on would be turned away; null: it would not.
     *
     * @param flow the one that {@link #take} was told
     */
    @Nullable
    Refused refused(FlowTuple flow) throws KernelException {
        for (Map.Entry<Integer, Map<Refusal, Long>> door :
                new FlowCounters(own).refusals().entrySet()) {
            for (Map.Entry<Refusal, Long> each : door.getValue().entrySet()) {
                if (each.getValue() > 0) {
                    return new Refused(
                            each.getKey(),
                            counted(each.getKey(), door.getKey(), flow.source().address()));
                }
            }
        }
        return null;
    }

    private int counted(Refusal reason, int id, IpAddress client) throws KernelException {
        Door door = door(id);
        return switch (reason) {
            case SERVICE_FULL -> number(FlowMap.DOOR_STATES, FlowAbi.index(id), FlowAbi.DOOR_STATE_LIVE);
            case SOURCE_FULL ->
                door == null ? 0 : number(FlowMap.CLIENT_COUNTS, FlowAbi.clientGroup(id, door, client), 0);
            default -> 0;
        };
    }

    private int number(FlowMap which, byte[] key, int at) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = own.get(which).get(arena, arena.allocateFrom(JAVA_BYTE, key));
            return value == null ? 0 : value.get(JAVA_INT, at);
        }
    }
}
