// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mainstay.kernel.KernelException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A program of tc that is pinned in the file system, and that this process has the kernel run on packets that nobody sent
 * (BPF_PROG_TEST_RUN): what it writes to maps stays, what it would send is not sent. Safe for use by several threads.
 */
final class BpfProgram implements AutoCloseable {

    /** What a packet begins with; the kernel runs no program on less. */
    static final int ETHERNET_HEADER = 14;

    /** Of linux/pkt_cls.h: what is left to the next filter, or to the stack. */
    static final int TC_ACT_UNSPEC = -1;

    static final int TC_ACT_REDIRECT = 7;

    private static final int ATTRIBUTES_OCTETS = 80;

    /** {@code struct __sk_buff}, and where it has the number of the interface. */
    private static final int CONTEXT_OCTETS = 192;

    private static final int CONTEXT_IFINDEX = 40;
    private static final int LARGEST_FRAME = 2048;

    private final String name;
    private final int descriptor;

    /** What became of one packet. */
    static final class Run {

        private final int verdict;
        private final byte[] frame;

        private Run(int verdict, byte[] frame) {
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
    }

    private BpfProgram(String name, int descriptor) {
        this.name = name;
        this.descriptor = descriptor;
    }

    static BpfProgram open(Path path) throws KernelException {
        return new BpfProgram(String.valueOf(path.getFileName()), BpfMap.openObject(path));
    }

    /** Runs it once on a packet, for what it does to its maps. */
    void run(MemorySegment packet) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            runWith(attributes(arena, packet));
        }
    }

    /**
     * Runs it once on a packet.
     *
     * @param interfaceIndex on which the packet has arrived; 0: the loopback interface
     */
    Run run(byte[] packet, int interfaceIndex) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocate(CONTEXT_OCTETS, 8);
            context.set(JAVA_INT, CONTEXT_IFINDEX, interfaceIndex);
            MemorySegment output = arena.allocate(LARGEST_FRAME, 8);
            MemorySegment attributes = attributes(arena, arena.allocateFrom(JAVA_BYTE, packet));
            attributes.set(JAVA_INT, 12, LARGEST_FRAME);
            attributes.set(JAVA_LONG, 24, output.address());
            attributes.set(JAVA_INT, 40, CONTEXT_OCTETS);
            attributes.set(JAVA_LONG, 48, context.address());
            runWith(attributes);
            int octets = attributes.get(JAVA_INT, 12);
            return new Run(
                    attributes.get(JAVA_INT, 4), output.asSlice(0, octets).toArray(JAVA_BYTE));
        }
    }

    private MemorySegment attributes(Arena arena, MemorySegment packet) {
        MemorySegment attributes = arena.allocate(ATTRIBUTES_OCTETS, 8);
        attributes.set(JAVA_INT, 0, descriptor);
        attributes.set(JAVA_INT, 8, (int) packet.byteSize());
        attributes.set(JAVA_LONG, 16, packet.address());
        return attributes;
    }

    private void runWith(MemorySegment attributes) throws KernelException {
        LinuxCalls.check(BpfCalls.bpf(BpfCalls.PROG_TEST_RUN, attributes), "run " + name);
    }

    @Override
    public void close() {
        LinuxCalls.close(descriptor);
    }
}
