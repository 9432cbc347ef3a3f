// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;

/** System calls that only tests need; all of them act on the calling thread alone. */
final class TestCalls {

    /** Public only because the generated binding lives in another package. */
    public interface LibC {

        int unshare(int flags);

        int munlockall();

        int capset(Pointer header, Pointer data);
    }

    private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");

    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final int CAPABILITY_VERSION_3 = 0x2008_0522;

    private TestCalls() {}

    static void enterNewNetworkNamespace() {
        assertThat(LIBC.unshare(CLONE_NEWNET)).as("unshare(CLONE_NEWNET)").isZero();
    }

    /** Otherwise a thread without the right to lock memory could map no more, and end the virtual machine. */
    static void unlockMemory() {
        assertThat(LIBC.munlockall()).as("munlockall").isZero();
    }

    static void dropAllCapabilities() {
        byte[] header = ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(CAPABILITY_VERSION_3)
                .array();
        assertThat(LIBC.capset(
                        NativeBuffer.of(header).pointer(),
                        NativeBuffer.of(new byte[24]).pointer()))
                .as("capset")
                .isZero();
    }
}
