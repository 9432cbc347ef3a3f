// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import io.mainstay.observe.EventKind;
import java.time.Duration;
import java.time.Instant;

/** Why an Active resigned, which the message itself does not say. */
enum Resignation {
    /** It was asked to hand over or to stop, and served on until it was relieved. */
    PLANNED,
    /** Its guard resigned for a daemon that died or did not run. */
    BY_GUARD,
    UNKNOWN;

    /** How far apart the clocks of two nodes may be. */
    private static final Duration CLOCKS = Duration.ofSeconds(2);

    /** What the journal of the other node makes of the resignation that the moment tells of. */
    static Resignation of(Moment moment, NodeJournal other) {
        Instant resigned = moment.at().minus(Values.spanOrZero(moment.event(), "resigned"));
        for (Event event : other.events()) {
            switch (event.kind()) {
                case EventKind.HAND_OVER -> {
                    if (event.subject().equals(moment.router()) && near(event.time(), resigned)) {
                        return PLANNED;
                    }
                }
                case EventKind.FENCED -> {
                    if (near(event.time().minus(Values.spanOrZero(event, "fenced")), resigned)) {
                        return BY_GUARD;
                    }
                }
                case EventKind.STARTED -> {
                    boolean brokeOff = Values.text(event, "previous_run").equals("broke_off");
                    if (brokeOff && diedAround(event, resigned)) {
                        return BY_GUARD;
                    }
                }
                default -> {}
            }
        }
        return UNKNOWN;
    }

    private static boolean near(Instant a, Instant b) {
        return Duration.between(a, b).abs().compareTo(CLOCKS) <= 0;
    }

    private static boolean diedAround(Event started, Instant resigned) {
        return Values.instant(started, "previous_alive")
                .filter(alive -> alive.minus(CLOCKS).isBefore(resigned))
                .filter(alive -> resigned.isBefore(started.time().plus(CLOCKS)))
                .isPresent();
    }
}
