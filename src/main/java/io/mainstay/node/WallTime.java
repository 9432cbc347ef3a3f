// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Instant;
import java.time.InstantSource;

/** Tells people in wall-clock time when something happened that was noted in monotonic time. May be used by any thread. */
final class WallTime {

    private final MonotonicClock clock;
    private final InstantSource wallClock;

    WallTime(MonotonicClock clock, InstantSource wallClock) {
        this.clock = clock;
        this.wallClock = wallClock;
    }

    Instant now() {
        return wallClock.instant();
    }

    /** The moment by the wall clock as it stands today: a clock that was set since then moves it along. */
    Instant of(MonotonicInstant instant) {
        return wallClock.instant().minus(clock.now().since(instant));
    }
}
