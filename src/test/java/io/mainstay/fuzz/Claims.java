// SPDX-License-Identifier: Apache-2.0
package io.mainstay.fuzz;

/** What has to hold of every message for people. */
final class Claims {

    private Claims() {}

    static void oneLine(String message) {
        if (message.isBlank() || message.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
            throw new AssertionError("a message for people: \"" + message + "\" (expected: one line of text)");
        }
    }
}
