// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What one process at a time has of a data path: what is pinned in a directory of the bpf file system, which nobody else can
 * open. The process has locked it; the kernel lets go of the lock when it ends, however it ends. May be used from any thread.
 */
final class PinsLock implements AutoCloseable {

    private final int descriptor;

    private PinsLock(int descriptor) {
        this.descriptor = descriptor;
    }

    /** The lock of a directory that exists; empty: another process has it. */
    static Optional<PinsLock> of(Path directory) throws IOException {
        int descriptor = -1;
        try {
            descriptor = LinuxCalls.check(LinuxCalls.open(directory.toString()), "open " + directory);
            int result = LinuxCalls.lock(descriptor);
            if (LinuxCalls.failedWith(result, Errno.EAGAIN)) {
                LinuxCalls.close(descriptor);
                return Optional.empty();
            }
            LinuxCalls.check(result, "lock " + directory);
            return Optional.of(new PinsLock(descriptor));
        } catch (KernelException e) {
            if (descriptor >= 0) {
                LinuxCalls.close(descriptor);
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        LinuxCalls.close(descriptor);
    }
}
