// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mainstay.kernel.KernelException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Has the data path change its own counts of flows, by {@code mainstay_account} of native/bpf/account.h: packets add to the same
 * values at the same time. Safe for use by several threads.
 */
final class FlowAccount {

    private final BpfProgram program;

    FlowAccount(BpfProgram program) {
        this.program = program;
    }

    /** Takes a flow out of the counts and both its directions out of the table. */
    void forget(MemorySegment flow) throws KernelException {
        order(FlowAbi.ORDER_FORGET, 0, FlowAbi.ORDER_FLOW, flow);
    }

    void count(MemorySegment flow, int door) throws KernelException {
        order(FlowAbi.ORDER_COUNT, door, FlowAbi.ORDER_FLOW, flow);
    }

    void uncount(MemorySegment flow) throws KernelException {
        order(FlowAbi.ORDER_UNCOUNT, 0, FlowAbi.ORDER_FLOW, flow);
    }

    /** Forgets clients that have no flow at this moment. */
    void sweep(byte[] group) throws KernelException {
        order(FlowAbi.ORDER_SWEEP, 0, FlowAbi.ORDER_GROUP, MemorySegment.ofArray(group));
    }

    private void order(int action, int door, int place, MemorySegment subject) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment packet = arena.allocate(BpfProgram.ETHERNET_HEADER + FlowAbi.ORDER_OCTETS, 8);
            MemorySegment order = packet.asSlice(BpfProgram.ETHERNET_HEADER);
            order.set(FlowAbi.INT, 0, action);
            order.set(FlowAbi.INT, FlowAbi.ORDER_DOOR, door);
            MemorySegment.copy(subject, JAVA_BYTE, 0, order, JAVA_BYTE, place, subject.byteSize());
            program.run(packet);
        }
    }
}
