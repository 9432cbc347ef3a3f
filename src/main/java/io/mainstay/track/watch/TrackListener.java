// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.track.PriorityAccount;
import io.mainstay.track.TrackerStanding;

/** Is told what the trackers come to. Called by the tracking thread; must not block. */
public interface TrackListener {

    /** A tracker went up or down, or adds another weight. */
    void onTracker(TrackedScope scope, TrackerStanding standing);

    /** Nothing can be concluded from what a tracker sees, for the first time since it was clear. */
    void onUnclear(TrackedScope scope, TrackerStanding standing);

    /** Effective priority, fault, or what was not looked at yet changed. */
    void onAccount(TrackedScope scope, PriorityAccount before, PriorityAccount after);
}
