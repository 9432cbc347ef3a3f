// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Keeps the last line that is not blank of what a program prints, however much that is. Used by one thread. */
final class LastLine {

    private static final int LONGEST_OCTETS = 200;

    private final byte[] block = new byte[4096];
    private final byte[] line = new byte[LONGEST_OCTETS];
    private int length;
    private boolean ended;

    /** Takes what is there, without waiting for more. */
    void take(InputStream output) throws IOException {
        int available;
        while ((available = output.available()) > 0) {
            int count = output.read(block, 0, Math.min(available, block.length));
            for (int i = 0; i < count; i++) {
                take(block[i]);
            }
        }
    }

    private void take(byte octet) {
        if (octet == '\n' || octet == '\r') {
            ended = true;
            return;
        }
        boolean blank = octet == ' ' || octet == '\t';
        if (ended && !blank) {
            ended = false;
            length = 0;
        }
        if (!ended && length < LONGEST_OCTETS && !(blank && length == 0)) {
            line[length++] = octet;
        }
    }

    /** The line, with what cannot be printed replaced. */
    String text() {
        return new String(line, 0, length, StandardCharsets.UTF_8)
                .strip()
                .codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
