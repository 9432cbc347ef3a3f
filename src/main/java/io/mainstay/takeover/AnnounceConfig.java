// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import java.time.Duration;

/**
 * How often the addresses are announced after a takeover.
 *
 * @param repeat how many announcements in the first seconds, 1 to 100
 * @param refresh the pause between later ones; zero: none
 */
public record AnnounceConfig(int repeat, Duration refresh) {

    public AnnounceConfig {
        if (repeat < 1 || repeat > 100) {
            throw new IllegalArgumentException("announce repeat: " + repeat + " (expected: 1..100)");
        }
        if (refresh.isNegative()) {
            throw new IllegalArgumentException("announce refresh: " + refresh + " (expected: 0s or more)");
        }
    }
}
