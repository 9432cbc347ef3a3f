// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The descriptors of this process, by what they are of. */
final class OpenDescriptors {

    private OpenDescriptors() {}

    static long sockets() throws IOException {
        return count("socket:");
    }

    static long pipes() throws IOException {
        return count("pipe:");
    }

    private static long count(String kind) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(each -> isOf(kind, each)).count();
        }
    }

    private static boolean isOf(String kind, Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith(kind);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
