// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/**
 * When the next check of a backend starts. Jitter keeps the checks of many backends, and of both nodes, from falling into
 * step.
 */
public final class CheckSchedule {

    /** The first check comes within this time, or within a tenth of the interval where that is shorter. */
    public static final Duration FIRST_WITHIN = Duration.ofMillis(50);

    private static final double JITTER = 0.1;

    private CheckSchedule() {}

    /**
     * How long after the start of the engine the first check of a backend starts.
     *
     * @param random any 64 bits, evenly distributed
     */
    public static Duration beforeFirst(Duration interval, long random) {
        Duration tenth = interval.dividedBy(10);
        Duration most = tenth.compareTo(FIRST_WITHIN) < 0 ? tenth : FIRST_WITHIN;
        return scale(most, fraction(random));
    }

    /**
     * How long after the start of a check the next one starts: the interval, a tenth more or less, the interval on average.
     *
     * @param random any 64 bits, evenly distributed
     */
    public static Duration beforeNext(Duration interval, long random) {
        return scale(interval, 1 - JITTER + 2 * JITTER * fraction(random));
    }

    /** The upper 53 bits as a number from 0 to less than 1. */
    private static double fraction(long random) {
        return (random >>> 11) * 0x1.0p-53;
    }

    private static Duration scale(Duration duration, double factor) {
        return Duration.ofNanos((long) (duration.toNanos() * factor));
    }
}
