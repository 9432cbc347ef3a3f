// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

/**
 * What a check has found.
 *
 * @param success whether the backend passed
 * @param detail what was seen, for people, such as {@code HTTP status 503 (expected: 200..399)}
 */
public record Finding(boolean success, String detail) {

    public static Finding passed(String detail) {
        return new Finding(true, detail);
    }

    public static Finding failed(String detail) {
        return new Finding(false, detail);
    }
}
