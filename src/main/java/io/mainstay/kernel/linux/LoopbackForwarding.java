// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Forwarding on {@code lo}, without which the data path is not told routes (native/bpf/README.md); it stays off elsewhere. */
final class LoopbackForwarding {

    private static final List<Path> SETTINGS =
            List.of(Path.of("/proc/sys/net/ipv4/conf/lo/forwarding"), Path.of("/proc/sys/net/ipv6/conf/lo/forwarding"));

    private LoopbackForwarding() {}

    /** Turns it on, of each family that the kernel has. */
    static void turnOn() throws IOException {
        for (Path file : SETTINGS) {
            try {
                if (Files.exists(file) && !Files.readString(file).strip().equals("1")) {
                    Files.writeString(file, "1");
                }
            } catch (IOException e) {
                throw new IOException(
                        "write 1 to " + file + ": " + e.getMessage() + " (expected: that it may be set)", e);
            }
        }
    }
}
