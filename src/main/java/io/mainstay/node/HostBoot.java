// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Which boot of the host this is: what tells a daemon that was killed from a host that was lost.
 *
 * @param id a random number that stays the same until the next boot (proc_sys_kernel(5)); empty if the kernel does not say
 * @param at when it was, by the wall clock as it is set now (btime of proc_stat(5)); empty if the kernel does not say
 */
record HostBoot(Optional<String> id, Optional<Instant> at) {

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path STATISTICS = Path.of("/proc/stat");
    private static final String BOOT_TIME = "btime ";

    /** That of this host. */
    static HostBoot ofThisHost() {
        return new HostBoot(read(BOOT_ID).map(String::strip), read(STATISTICS).flatMap(HostBoot::time));
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Instant> time(String statistics) {
        return statistics
                .lines()
                .filter(line -> line.startsWith(BOOT_TIME))
                .map(line -> Instant.ofEpochSecond(
                        Long.parseLong(line.substring(BOOT_TIME.length()).strip())))
                .findFirst();
    }
}
