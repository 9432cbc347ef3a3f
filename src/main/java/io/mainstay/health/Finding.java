// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

/**
 * What a check has found.
 *
 * @param success whether the backend passed
 * @param detail what was seen, for people, such as {@code HTTP status 503 (expected: 200..399)}
 * @param asked whether the backend was asked at all; if not, for want of what this node lacks, this says nothing about it
 */
public record Finding(boolean success, String detail, boolean asked) {

    public static Finding passed(String detail) {
        return new Finding(true, detail, true);
    }

    public static Finding failed(String detail) {
        return new Finding(false, detail, true);
    }

    public static Finding notAsked(String detail) {
        return new Finding(false, detail, false);
    }
}
