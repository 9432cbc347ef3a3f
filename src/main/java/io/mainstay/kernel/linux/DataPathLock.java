// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What one process at a time has of the data path: what is pinned in a directory of the bpf file system, and the interfaces of a
 * network namespace. Containers may share the latter and not the former. The process has locked the directory, or the file
 * that stands for the namespace (namespaces(7)); the kernel lets go of the lock when it ends, however it ends. May be used
 * from any thread.
 */
final class DataPathLock implements AutoCloseable {

    private static final Path NETWORK = Path.of("/proc/self/ns/net");
    private static final Path LOCKS = Path.of("/proc/locks");

    private final int descriptor;

    private DataPathLock(int descriptor) {
        this.descriptor = descriptor;
    }

    /** The lock of a directory that exists; empty: another process has it. */
    static Optional<DataPathLock> ofPins(Path directory) throws IOException {
        return take(directory);
    }

    /** The lock of the network namespace of this process; empty: another process has it. */
    static Optional<DataPathLock> ofNetwork() throws IOException {
        return take(NETWORK);
    }

    private static Optional<DataPathLock> take(Path place) throws IOException {
        int descriptor = -1;
        try {
            descriptor = LinuxCalls.check(LinuxCalls.open(place.toString()), "open " + place);
            int result = LinuxCalls.lock(descriptor);
            if (LinuxCalls.failedWith(result, Errno.EAGAIN)) {
                LinuxCalls.close(descriptor);
                return Optional.empty();
            }
            LinuxCalls.check(result, "lock " + place);
            return Optional.of(new DataPathLock(descriptor));
        } catch (KernelException e) {
            if (descriptor >= 0) {
                LinuxCalls.close(descriptor);
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Who has the network namespace, for people: a process by its number, if it is one that this process can see. */
    static String holderOfNetwork() {
        try (Stream<String> locks = Files.lines(LOCKS)) {
            String inode = Files.readSymbolicLink(NETWORK).toString().replaceAll("\\D", "");
            // 1: FLOCK  ADVISORY  WRITE 1234 00:04:4026531833 0 EOF
            return locks.map(line -> line.trim().split("\\s+"))
                    .filter(words -> words.length > 5 && words[1].equals("FLOCK") && words[5].endsWith(":" + inode))
                    .map(words -> "process " + words[4])
                    .findFirst()
                    .orElse("another process");
        } catch (IOException unknown) {
            return "another process";
        }
    }

    @Override
    public void close() {
        LinuxCalls.close(descriptor);
    }
}
