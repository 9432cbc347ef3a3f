// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.time.MonotonicInstant;
import io.mainstay.track.PriorityAccount;
import io.mainstay.track.TrackerStanding;
import java.util.List;

/**
 * What is tracked for a virtual router, at one moment.
 *
 * @param account how its effective priority comes about
 * @param trackers in the order of the configuration
 */
public record TrackSnapshot(PriorityAccount account, List<Entry> trackers) {

    public TrackSnapshot {
        trackers = List.copyOf(trackers);
    }

    /**
     * One tracker.
     *
     * @param since when it entered its state
     */
    public record Entry(TrackerStanding standing, MonotonicInstant since) {}
}
