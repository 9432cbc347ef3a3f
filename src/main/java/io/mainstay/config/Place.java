// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;

/**
 * A place in the file.
 *
 * @param line from 1
 * @param column from 1, in characters
 */
record Place(int line, int column) {

    static Place of(Mark mark) {
        return new Place(mark.getLine() + 1, mark.getColumn() + 1);
    }

    static Place of(Node node) {
        return of(node.getStartMark());
    }

    /** The place behind the given text. */
    static Place behind(String text) {
        int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
        String lastLine = text.substring(text.lastIndexOf('\n') + 1);
        return new Place(line, 1 + lastLine.codePointCount(0, lastLine.length()));
    }
}
