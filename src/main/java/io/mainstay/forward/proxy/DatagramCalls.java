// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * recvmmsg(2) and sendmmsg(2), which Netty has but keeps to its channels. Addresses are plain numbers, so that a call
 * allocates nothing.
 */
final class DatagramCalls {

    static final MemoryLayout STATE = Linker.Option.captureStateLayout();

    private static final MethodHandle RECVMMSG =
            handle("recvmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle SENDMMSG =
            handle("sendmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final int MSG_DONTWAIT = 0x40;

    private DatagramCalls() {}

    @SuppressWarnings("restricted") // Permitted to this program by --enable-native-access.
    private static MethodHandle handle(String function, FunctionDescriptor signature) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(function), signature, Linker.Option.captureCallState("errno"));
    }

    /**
     * Receives without waiting.
     *
     * @param state memory of {@link #STATE}
     * @param headers address of as many {@code struct mmsghdr}
     * @return how many datagrams came, or the negated errno
     */
    static int receive(MemorySegment state, int descriptor, long headers, int count) {
        try {
            int result = (int) RECVMMSG.invokeExact(state, descriptor, headers, count, MSG_DONTWAIT, 0L);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable defect) {
            throw new AssertionError("recvmmsg throws nothing", defect);
        }
    }

    /** As {@link #receive}, the other way; fewer than asked for when the next one failed. */
    static int send(MemorySegment state, int descriptor, long headers, int count) {
        try {
            int result = (int) SENDMMSG.invokeExact(state, descriptor, headers, count, MSG_DONTWAIT);
            return result >= 0 ? result : -errno(state);
        } catch (Throwable defect) {
            throw new AssertionError("sendmmsg throws nothing", defect);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }
}
