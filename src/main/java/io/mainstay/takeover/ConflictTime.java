// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long another host claimed the addresses beside this one. A conflict lasts from its first claim to its last; claims
 * further apart than a burst of announcements and the probe after it belong to different conflicts.
 */
final class ConflictTime {

    static final Duration LONGEST_SILENCE = Duration.ofSeconds(5);

    private Duration total = Duration.ZERO;
    private @Nullable MonotonicInstant lastClaim;

    void onClaim(MonotonicInstant now) {
        if (lastClaim != null && now.since(lastClaim).compareTo(LONGEST_SILENCE) <= 0) {
            total = total.plus(now.since(lastClaim));
        }
        lastClaim = now;
    }

    Duration total() {
        return total;
    }
}
