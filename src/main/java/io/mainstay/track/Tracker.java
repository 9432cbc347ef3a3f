// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import io.mainstay.health.RiseFall;
import io.mainstay.health.Verdict;

/** Turns the looks at one tracked thing into its standing. The first look decides alone. Belongs to one thread. */
public final class Tracker {

    private final TrackerConfig config;
    private final RiseFall riseFall;
    private int stated;
    private String reason = "not looked at yet";
    private String detail = reason;

    public Tracker(TrackerConfig config) {
        this.config = config;
        riseFall = new RiseFall(config.pace().failures(), config.pace().success());
    }

    public TrackerConfig config() {
        return config;
    }

    /** Takes in the result of a look, and says whether state or weight are others now. */
    public boolean record(Observation seen) {
        TrackerStanding before = standing();
        switch (seen) {
            case Observation.Good ignored -> riseFall.record(true);
            case Observation.Bad ignored -> riseFall.record(false);
            case Observation.Stated statement -> {
                stated = statement.weight();
                riseFall.record(true);
            }
            case Observation.Unclear ignored -> {
                // What is to state its weight states nothing for as long as it cannot be understood.
                if (config.effect() instanceof Effect.Stated && riseFall.verdict() == Verdict.UNKNOWN) {
                    riseFall.record(true);
                }
            }
        }
        detail = seen.detail();
        TrackerStanding after = standing();
        boolean changed = before.state() != after.state() || before.added() != after.added();
        if (changed) {
            reason = detail;
        }
        return changed;
    }

    public TrackerStanding standing() {
        TrackerStanding.State state = switch (riseFall.verdict()) {
            case UNKNOWN -> TrackerStanding.State.UNDECIDED;
            case HEALTHY -> TrackerStanding.State.UP;
            case UNHEALTHY -> TrackerStanding.State.DOWN;
        };
        return new TrackerStanding(config.id(), config.effect(), state, added(state), reason, detail);
    }

    private int added(TrackerStanding.State state) {
        return switch (config.effect()) {
            case Effect.Fault ignored -> 0;
            case Effect.Stated ignored -> state == TrackerStanding.State.UP ? stated : 0;
            case Effect.Weight weight -> {
                TrackerStanding.State counting =
                        weight.weight() < 0 ? TrackerStanding.State.DOWN : TrackerStanding.State.UP;
                yield state == counting ? weight.weight() : 0;
            }
        };
    }
}
