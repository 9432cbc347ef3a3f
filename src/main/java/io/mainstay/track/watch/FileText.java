// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The beginning of a small file. */
final class FileText {

    /** Far more than any file that is meant. */
    private static final int LONGEST_OCTETS = 4096;

    private FileText() {}

    /** @throws IOException if it cannot be read */
    static String of(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LONGEST_OCTETS), StandardCharsets.UTF_8);
        }
    }
}
