// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * recvmmsg(2) and sendmmsg(2), which Netty has but keeps to its channels. Addresses are plain numbers, so that a call
 * allocates nothing.
 */
final class DatagramCalls {

    private static final MethodHandle RECVMMSG = SystemCall.handle(
            "recvmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle SENDMMSG =
            SystemCall.handle("sendmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));

    private static final int MSG_DONTWAIT = 0x40;

    private DatagramCalls() {}

    /**
     * Receives without waiting.
     *
     * @param state memory of {@link SystemCall#STATE}
     * @param headers address of as many {@code struct mmsghdr}
     * @return how many datagrams came, or the negated errno
     */
    static int receive(MemorySegment state, int descriptor, long headers, int count) {
        try {
            int result = (int) RECVMMSG.invokeExact(state, descriptor, headers, count, MSG_DONTWAIT, 0L);
            return result >= 0 ? result : -SystemCall.errno(state);
        } catch (Throwable defect) {
            throw new AssertionError("recvmmsg throws nothing", defect);
        }
    }

    /** As {@link #receive}, the other way; fewer than asked for when the next one failed. */
    static int send(MemorySegment state, int descriptor, long headers, int count) {
        try {
            int result = (int) SENDMMSG.invokeExact(state, descriptor, headers, count, MSG_DONTWAIT);
            return result >= 0 ? result : -SystemCall.errno(state);
        } catch (Throwable defect) {
            throw new AssertionError("sendmmsg throws nothing", defect);
        }
    }
}
