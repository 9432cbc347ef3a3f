// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;

/**
 * The share of a backend that comes back: it grows evenly from {@link #FIRST_PERCENT} of the full one, so that caches fill
 * and a server that fell under load does not get all of it at once.
 *
 * @param begun when it came back
 * @param length how long it grows; more than zero
 */
record SlowStart(MonotonicInstant begun, Duration length) {

    /** With less, a pool whose other backends are busy would hardly ever try it. */
    static final int FIRST_PERCENT = 10;

    int percent(MonotonicInstant now) {
        double passed = (double) now.nanosSince(begun) / length.toNanos();
        return Math.clamp((long) (Candidate.WHOLE * passed), FIRST_PERCENT, Candidate.WHOLE);
    }
}
