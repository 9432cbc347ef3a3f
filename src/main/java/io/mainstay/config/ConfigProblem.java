// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.Comparator;

/**
 * One mistake, or one remark, at its place in the file.
 *
 * @param file the name of the file as it was given
 * @param line line from 1; 0 if the file as a whole is meant
 * @param column column from 1, in characters; 0 if the file as a whole is meant
 * @param key the path of the key, such as {@code virtual_routers[0].vrid}; empty if no key is meant
 * @param message the offending value and what was expected, such as {@code 300 (expected: 1..255)}
 */
public record ConfigProblem(String file, int line, int column, String key, String message)
        implements Comparable<ConfigProblem> {

    private static final Comparator<ConfigProblem> BY_PLACE = Comparator.comparing(ConfigProblem::file)
            .thenComparingInt(ConfigProblem::line)
            .thenComparingInt(ConfigProblem::column)
            .thenComparing(ConfigProblem::key)
            .thenComparing(ConfigProblem::message);

    @Override
    public int compareTo(ConfigProblem other) {
        return BY_PLACE.compare(this, other);
    }

    /** The line for people: {@code file:line:column key: message}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        if (key.isEmpty()) {
            text.append(line > 0 ? " " : ": ");
        } else {
            text.append(' ').append(key).append(": ");
        }
        return text.append(message).toString();
    }
}
