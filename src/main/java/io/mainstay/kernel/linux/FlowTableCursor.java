// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The cursor over the flow table: set to one entry after the other, so that a look at a million flows allocates nothing. */
final class FlowTableCursor implements FlowCursor {

    private final BpfMap flows;
    private final FlowAccount account;
    private final ResetSender resets;
    private MemorySegment key = MemorySegment.NULL;
    private MemorySegment flow = MemorySegment.NULL;

    /** A failure of the kernel in the middle of a walk. */
    static final class Failure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final KernelException reason;

        Failure(KernelException reason) {
            super(reason);
            this.reason = reason;
        }

        KernelException reason() {
            return reason;
        }
    }

    FlowTableCursor(BpfMap flows, FlowAccount account, ResetSender resets) {
        this.flows = flows;
        this.account = account;
        this.resets = resets;
    }

    void moveTo(MemorySegment newKey, MemorySegment newFlow) {
        key = newKey;
        flow = newFlow;
    }

    @Override
    public boolean isTcp() {
        return key.get(JAVA_BYTE, FlowAbi.TUPLE_PROTOCOL) == FlowAbi.PROTOCOL_TCP;
    }

    @Override
    public boolean isToClient() {
        return flow.get(JAVA_BYTE, FlowAbi.FLOW_TO_CLIENT) != 0;
    }

    @Override
    public int slot() {
        return flow.get(FlowAbi.INT, FlowAbi.FLOW_BACKEND);
    }

    @Override
    public int backendId() {
        return flow.get(FlowAbi.INT, FlowAbi.FLOW_BACKEND_ID);
    }

    @Override
    public int gate() {
        return flow.get(FlowAbi.INT, FlowAbi.FLOW_GATE);
    }

    @Override
    public int state() {
        return flow.get(FlowAbi.INT, FlowAbi.FLOW_STATE);
    }

    @Override
    public int seenTick() {
        return flow.get(FlowAbi.INT, FlowAbi.FLOW_SEEN);
    }

    @Override
    public int otherSeenTick() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment other = other(arena);
            return other == null ? seenTick() : other.get(FlowAbi.INT, FlowAbi.FLOW_SEEN);
        }
    }

    @Override
    public boolean hasOther() {
        try (Arena arena = Arena.ofConfined()) {
            return other(arena) != null;
        }
    }

    private @Nullable MemorySegment other(Arena arena) {
        try {
            return flows.get(arena, otherKey(arena));
        } catch (KernelException e) {
            throw new Failure(e);
        }
    }

    private MemorySegment otherKey(Arena arena) {
        return FlowAbi.otherKey(arena, key, flow);
    }

    @Override
    public FlowTuple tuple() {
        return new FlowTuple(
                isTcp() ? Transport.TCP : Transport.UDP,
                new Endpoint(FlowAbi.address(key, 0), FlowAbi.port(key, FlowAbi.TUPLE_SOURCE_PORT)),
                new Endpoint(
                        FlowAbi.address(key, FlowAbi.TUPLE_DESTINATION),
                        FlowAbi.port(key, FlowAbi.TUPLE_DESTINATION_PORT)));
    }

    @Override
    public int door() {
        return flow.get(FlowAbi.INT, FlowAbi.FLOW_DOOR);
    }

    @Override
    public void count(int door) {
        try {
            account.count(key, door);
        } catch (KernelException e) {
            throw new Failure(e);
        }
    }

    @Override
    public void uncount() {
        try {
            account.uncount(key);
        } catch (KernelException e) {
            throw new Failure(e);
        }
    }

    @Override
    public void remove() {
        try {
            if ((state() & COUNTED) != 0) {
                account.forget(key);
            } else {
                removeEntries();
            }
        } catch (KernelException e) {
            throw new Failure(e);
        }
    }

    private void removeEntries() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            flows.remove(arena, otherKey(arena));
            flows.remove(arena, key);
        }
    }

    /** Each end is sent the sequence number that it acknowledged last to the other. */
    @Override
    public void resetBothEnds() {
        if (!isTcp()) {
            return;
        }
        resetSource(key, flow);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment other = other(arena);
            if (other != null) {
                resetSource(otherKey(arena), other);
            }
        }
    }

    private void resetSource(MemorySegment direction, MemorySegment state) {
        int expected = state.get(FlowAbi.INT, FlowAbi.FLOW_ACKNOWLEDGED);
        if (expected != 0) {
            resets.send(
                    new Endpoint(
                            FlowAbi.address(direction, FlowAbi.TUPLE_DESTINATION),
                            FlowAbi.port(direction, FlowAbi.TUPLE_DESTINATION_PORT)),
                    new Endpoint(FlowAbi.address(direction, 0), FlowAbi.port(direction, FlowAbi.TUPLE_SOURCE_PORT)),
                    expected);
        }
    }
}
