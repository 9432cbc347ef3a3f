// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.time.MonotonicInstant;
import io.mainstay.track.Observation;
import io.mainstay.track.Tracker;
import io.mainstay.track.TrackerConfig;
import io.mainstay.track.TrackerStanding;
import org.jspecify.annotations.Nullable;

/**
 * One tracker with its times: when it looks next, and whether a look is under way. At most one is. Belongs to the tracking
 * thread.
 */
final class Watch {

    private final Tracker tracker;
    private final Look look;
    private MonotonicInstant nextLook;
    private @Nullable MonotonicInstant underWaySince;
    private @Nullable Observation lastSeen;
    private MonotonicInstant since;
    private boolean disturbed;

    Watch(TrackerConfig config, Look look, MonotonicInstant now) {
        tracker = new Tracker(config);
        this.look = look;
        nextLook = now;
        since = now;
    }

    Tracker tracker() {
        return tracker;
    }

    Look look() {
        return look;
    }

    /** A script, a file on a remote file system or a long list of processes takes its time; the others never do. */
    boolean isQuick() {
        return switch (tracker.config()) {
            case TrackerConfig.InterfaceTracker ignored -> true;
            case TrackerConfig.NeighbourTracker ignored -> true;
            case TrackerConfig.ServiceTracker ignored -> true;
            case TrackerConfig.ScriptTracker ignored -> false;
            case TrackerConfig.ProcessTracker ignored -> false;
            case TrackerConfig.FileTracker ignored -> false;
        };
    }

    MonotonicInstant nextLook() {
        return nextLook;
    }

    boolean isUndecided() {
        return tracker.standing().state() == TrackerStanding.State.UNDECIDED;
    }

    /** When it entered its state. */
    MonotonicInstant since() {
        return since;
    }

    /** Something happened to what is tracked: look without waiting for the time. */
    void disturb() {
        disturbed = true;
    }

    boolean takeDisturbed() {
        boolean was = disturbed;
        disturbed = false;
        return was;
    }

    /** Whether the time for the next look has come; then the one after it is planned. */
    boolean takeDue(MonotonicInstant now) {
        if (!now.hasReached(nextLook)) {
            return false;
        }
        MonotonicInstant planned = nextLook.plus(tracker.config().pace().interval());
        nextLook = planned.isBefore(now) ? now.plus(tracker.config().pace().interval()) : planned;
        return true;
    }

    @Nullable
    MonotonicInstant underWaySince() {
        return underWaySince;
    }

    void begin(MonotonicInstant now) {
        underWaySince = now;
    }

    void end() {
        underWaySince = null;
    }

    /** Whether it was not seen so last time: as good, as bad, or unclear. */
    boolean isNews(Observation seen) {
        return lastSeen == null || lastSeen.getClass() != seen.getClass();
    }

    /** Takes in what was seen, and says whether state or weight are others now. */
    boolean record(Observation seen, MonotonicInstant now) {
        lastSeen = seen;
        TrackerStanding.State before = tracker.standing().state();
        boolean changed = tracker.record(seen);
        if (before != tracker.standing().state()) {
            since = now;
        }
        return changed;
    }
}
