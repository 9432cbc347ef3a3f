// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** recv(2) with MSG_PEEK, which Netty does not offer. Used by one thread alone. */
final class StreamCalls {

    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle RECV = recv();

    private static final int MSG_PEEK = 0x02;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;

    private final MemorySegment state = Arena.ofAuto().allocate(STATE);

    @SuppressWarnings("restricted") // Permitted to this program by --enable-native-access.
    private static MethodHandle recv() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("recv"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT),
                Linker.Option.captureCallState("errno"));
    }

    /** Shows the octets that can be read, and leaves them there; results as those of {@link StreamSocket#read}. */
    int peek(int descriptor, Block into) {
        try {
            long count;
            do {
                count = (long) RECV.invokeExact(
                        state, descriptor, into.address(), (long) into.capacity(), MSG_PEEK | MSG_DONTWAIT);
            } while (count < 0 && errno() == EINTR);
            if (count > 0) {
                return (int) count;
            }
            if (count == 0) {
                return StreamSocket.FINISHED;
            }
            return errno() == EAGAIN ? StreamSocket.NOTHING : StreamSocket.BROKEN;
        } catch (Throwable defect) {
            throw new AssertionError("recv throws nothing", defect);
        }
    }

    private int errno() {
        return (int) ERRNO.get(state, 0L);
    }
}
