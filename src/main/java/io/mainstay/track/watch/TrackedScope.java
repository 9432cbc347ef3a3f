// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.net.Priority;
import io.mainstay.track.TrackerConfig;
import java.util.List;

/**
 * What is tracked together: for one virtual router, or for all members of a sync group.
 *
 * @param name of the virtual router or sync group
 * @param routers the virtual routers that it counts for
 * @param base their configured priority
 * @param trackers in the order of the configuration; at least one
 */
public record TrackedScope(String name, List<String> routers, Priority base, List<TrackerConfig> trackers) {

    public TrackedScope {
        routers = List.copyOf(routers);
        trackers = List.copyOf(trackers);
    }
}
