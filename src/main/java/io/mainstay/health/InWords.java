// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/** Durations in messages about checks. */
final class InWords {

    private InWords() {}

    /** Such as {@code 3s} or {@code 250ms}. */
    static String of(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
