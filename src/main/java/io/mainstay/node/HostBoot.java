// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Which boot of the host this is: what tells a daemon that was killed from a host that was lost. */
final class HostBoot {

    /** proc_sys_kernel(5): a random number that stays the same until the next boot. */
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private HostBoot() {}

    /** Empty if the kernel does not say. */
    static Optional<String> id() {
        try {
            return Optional.of(Files.readString(BOOT_ID).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
