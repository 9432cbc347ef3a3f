// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mainstay.kernel.KernelException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One run of a program of tc on a packet that nobody sent (BPF_PROG_TEST_RUN): what it writes to maps stays, what it would
 * send is not sent.
 */
final class TestRun {

    /** Of linux/pkt_cls.h: what is left to the next filter, or to the stack. */
    static final int TC_ACT_UNSPEC = -1;

    static final int TC_ACT_REDIRECT = 7;

    /** {@code struct __sk_buff}, and where it has the number of the interface. */
    private static final int CONTEXT_OCTETS = 192;

    private static final int CONTEXT_IFINDEX = 40;
    private static final int LARGEST_FRAME = 2048;

    private final int verdict;
    private final byte[] frame;

    private TestRun(int verdict, byte[] frame) {
        this.verdict = verdict;
        this.frame = frame;
    }

    /** One of {@code TC_ACT_*}. */
    int verdict() {
        return verdict;
    }

    /** The packet as the program has left it. */
    byte[] frame() {
        return frame.clone();
    }

    /**
     * Runs a program.
     *
     * @param interfaceIndex on which the packet has arrived; 0: the loopback interface
     */
    static TestRun of(int program, byte[] frame, int interfaceIndex) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocate(CONTEXT_OCTETS, 8);
            context.set(JAVA_INT, CONTEXT_IFINDEX, interfaceIndex);
            MemorySegment output = arena.allocate(LARGEST_FRAME, 8);
            MemorySegment attributes = arena.allocate(80, 8);
            attributes.set(JAVA_INT, 0, program);
            attributes.set(JAVA_INT, 8, frame.length);
            attributes.set(JAVA_INT, 12, LARGEST_FRAME);
            attributes.set(JAVA_LONG, 16, arena.allocateFrom(JAVA_BYTE, frame).address());
            attributes.set(JAVA_LONG, 24, output.address());
            attributes.set(JAVA_INT, 40, CONTEXT_OCTETS);
            attributes.set(JAVA_LONG, 48, context.address());
            LinuxCalls.check(BpfCalls.bpf(BpfCalls.PROG_TEST_RUN, attributes), "run the data path");
            return new TestRun(
                    attributes.get(JAVA_INT, 4),
                    output.asSlice(0, attributes.get(JAVA_INT, 12)).toArray(JAVA_BYTE));
        }
    }
}
