// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mainstay.kernel.KernelException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A program that is pinned in the file system, and that this process has the kernel run. Safe for use by several threads. */
final class BpfProgram implements AutoCloseable {

    /** What a packet begins with; the kernel runs no program on less. */
    static final int ETHERNET_HEADER = 14;

    private final String name;
    private final int descriptor;

    private BpfProgram(String name, int descriptor) {
        this.name = name;
        this.descriptor = descriptor;
    }

    static BpfProgram open(Path path) throws KernelException {
        return new BpfProgram(String.valueOf(path.getFileName()), BpfMap.openObject(path));
    }

    /** Runs it once on a packet (BPF_PROG_TEST_RUN). */
    void run(MemorySegment packet) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(80, 8);
            attributes.set(JAVA_INT, 0, descriptor);
            attributes.set(JAVA_INT, 8, (int) packet.byteSize());
            attributes.set(JAVA_LONG, 16, packet.address());
            LinuxCalls.check(BpfCalls.bpf(BpfCalls.PROG_TEST_RUN, attributes), "run " + name);
        }
    }

    @Override
    public void close() {
        LinuxCalls.close(descriptor);
    }
}
