// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.time.Duration;
import java.util.Locale;

/** How the journal writes numbers. */
final class JournalText {

    private JournalText() {}

    /** A duration, always in the same unit: {@code 304.5ms}. */
    static String milliseconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1fms", duration.toNanos() / 1e6);
    }

    /** {@code 1 address}, {@code 2 addresses}. */
    static String addresses(int number) {
        return number == 1 ? "1 address" : number + " addresses";
    }
}
