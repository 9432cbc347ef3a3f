// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.Severity;
import io.mainstay.track.PriorityAccount;
import io.mainstay.track.TrackerStanding;
import io.mainstay.track.watch.TrackListener;
import io.mainstay.track.watch.TrackedScope;
import java.util.Map;

/** Journals what the trackers come to, and hands it to the election. Called by the tracking thread; never blocks. */
final class TrackJournal implements TrackListener {

    private final EventJournal journal;
    private final ElectionDriver election;

    TrackJournal(EventJournal journal, ElectionDriver election) {
        this.journal = journal;
        this.election = election;
    }

    @Override
    public void onTracker(TrackedScope scope, TrackerStanding standing) {
        journal.append(tracker(scope, standing));
    }

    @Override
    public void onUnclear(TrackedScope scope, TrackerStanding standing) {
        journal.append(EventDraft.warning(
                "tracker_unclear", scope.name(), standing.id() + " changes nothing: " + standing.detail()));
    }

    @Override
    public void onAccount(TrackedScope scope, PriorityAccount before, PriorityAccount after) {
        if (!before.effective().equals(after.effective())) {
            journal.append(priority(scope, before, after));
        }
        scope.routers().forEach(router -> election.track(router, TrackedScopes.tracked(after)));
    }

    static EventDraft tracker(TrackedScope scope, TrackerStanding standing) {
        boolean down = standing.state() == TrackerStanding.State.DOWN;
        return new EventDraft(
                        down ? Severity.WARNING : Severity.INFO,
                        "tracker",
                        scope.name(),
                        standing.id() + " is " + standing.state() + ": " + standing.reason(),
                        Map.of())
                .with("tracker", standing.id())
                .with("state", standing.state())
                .with("added", standing.added());
    }

    static EventDraft priority(TrackedScope scope, PriorityAccount before, PriorityAccount after) {
        return EventDraft.info(
                        "priority",
                        scope.name(),
                        "priority " + before.effective() + " -> " + after.effective() + ": " + after.breakdown())
                .with("priority", after.effective())
                .with("configured_priority", after.base())
                .with("breakdown", after.breakdown());
    }
}
