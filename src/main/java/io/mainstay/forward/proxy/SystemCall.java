// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** How functions of the C library that set errno are called by {@code java.lang.foreign}. Any thread, each with a state of its own. */
final class SystemCall {

    /** Of the memory that every handle takes as its first argument. */
    static final MemoryLayout STATE = Linker.Option.captureStateLayout();

    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private SystemCall() {}

    /** @param options besides that which has errno kept */
    @SuppressWarnings("restricted") // Permitted to this program by --enable-native-access.
    static MethodHandle handle(String function, FunctionDescriptor signature, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        Linker.Option[] all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), signature, all);
    }

    /** Why the last call with this state failed. */
    static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }
}
