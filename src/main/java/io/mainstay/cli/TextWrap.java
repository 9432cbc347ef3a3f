// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.util.ArrayList;
import java.util.List;

/** Breaks text between words. Stateless. */
final class TextWrap {

    private static final char UNBROKEN = '\u00a0';

    private TextWrap() {}

    /**
     * Lines of at most {@code width} characters; a longer word has a line of its own. At least one line. A number and its
     * unit stay together.
     */
    static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        String joined = text.replaceAll("([0-9]) (ms|s|min|h)\\b", "$1" + UNBROKEN + "$2");
        for (String word : joined.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString().replace(UNBROKEN, ' '));
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString().replace(UNBROKEN, ' '));
        return lines;
    }
}
