// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.function.Function;

/**
 * How one value is written in the file, and what it means.
 *
 * <p>The reader gets the text as it stands in the file, not what YAML 1.1 makes of it: {@code on} is not true, {@code 010}
 * is not eight, and {@code 1:30} is not ninety.
 *
 * @param <T> what the value means
 * @param expected what may stand there, for messages and the manual, such as {@code 1..255}
 * @param form what the text looks like to YAML
 * @param reader gives the value; throws {@link IllegalArgumentException} if the text is not one
 * @param writer gives the text that the reader reads back as an equal value
 */
record ScalarType<T>(String expected, Form form, Function<String, T> reader, Function<T, String> writer) {

    /** What the text looks like to YAML. */
    enum Form {
        /** A number, without quotes. */
        NUMBER,
        /** {@code true} or {@code false}, without quotes. */
        BOOLEAN,
        /** Any text, with or without quotes. */
        TEXT,
        /** Any text, with or without quotes, that no message repeats. */
        SECRET;

        /** Whether it must stand without quotes. */
        boolean isBare() {
            return this == NUMBER || this == BOOLEAN;
        }
    }
}
