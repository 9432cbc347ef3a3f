// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Notices when somebody removes held addresses as fast as they are put back, or puts others back as fast as they are removed,
 * so that neither side burns the CPU. Each address counts for itself: a network service that starts anew removes all of them
 * at once, and does so once.
 */
final class RemovalFight {

    /** How long to wait with putting back while the fight goes on. */
    static final Duration PAUSE = Duration.ofMillis(100);

    private static final int PATIENCE = 5;
    private static final Duration WINDOW = Duration.ofSeconds(10);

    private final Map<VirtualAddress, Removals> removals = new HashMap<>();

    private record Removals(MonotonicInstant since, int count) {

        Removals andOne(MonotonicInstant now) {
            return now.since(since).compareTo(WINDOW) >= 0 ? new Removals(now, 1) : new Removals(since, count + 1);
        }
    }

    /**
     * Counts one removal, or return, and says whether there were too many of this address of late to answer at once.
     *
     * @param address one of those that this node is to hold, under whichever prefix length, so that there are not many
     */
    boolean isFierce(VirtualAddress address, MonotonicInstant now) {
        Removals before = removals.getOrDefault(address, new Removals(now, 0));
        Removals counted = before.andOne(now);
        removals.put(address, counted);
        return counted.count() > PATIENCE;
    }
}
