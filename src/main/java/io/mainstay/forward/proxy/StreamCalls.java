// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** recv(2) with MSG_PEEK, which Netty does not offer. Used by one thread alone. */
final class StreamCalls {

    private static final MethodHandle RECV =
            SystemCall.handle("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private static final int MSG_PEEK = 0x02;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;

    private final MemorySegment state = Arena.ofAuto().allocate(SystemCall.STATE);

    /** Shows the octets that can be read, and leaves them there; results as those of {@link StreamSocket#read}. */
    int peek(int descriptor, Block into) {
        try {
            long count;
            do {
                count = (long) RECV.invokeExact(
                        state, descriptor, into.address(), (long) into.capacity(), MSG_PEEK | MSG_DONTWAIT);
            } while (count < 0 && SystemCall.errno(state) == EINTR);
            if (count > 0) {
                return (int) count;
            }
            if (count == 0) {
                return StreamSocket.FINISHED;
            }
            return SystemCall.errno(state) == EAGAIN ? StreamSocket.NOTHING : StreamSocket.BROKEN;
        } catch (Throwable defect) {
            throw new AssertionError("recv throws nothing", defect);
        }
    }
}
