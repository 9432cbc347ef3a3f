// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import io.mainstay.observe.EventKind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What there is to say about one moment beside its timeline. */
sealed interface Chapter permits Gain, Loss, BrokenOff {

    /** What happened, without the time and without a full stop. */
    String headline();

    /** Why this node, in sentences. */
    List<String> why();

    /** What clients could notice, in sentences. */
    List<String> clients();

    /** For how long at most the addresses answered nobody, if this node can know. */
    Optional<Duration> clientsAtMost();

    /**
     * The chapter of a moment.
     *
     * @param journal in which it stands
     * @param other the journal of the other node, if there is one
     */
    static Chapter of(Moment moment, NodeJournal journal, Optional<NodeJournal> other) {
        String node = journal.nameAt(moment.index());
        List<Event> before = journal.events().subList(0, moment.index());
        List<Event> later =
                journal.events().subList(moment.index() + 1, journal.events().size());
        return switch (moment.way()) {
            case GAINED ->
                new Gain(
                        moment.event(),
                        node,
                        next(later, moment, EventKind.SERVED),
                        other.map(peer -> Resignation.of(moment, peer)).orElse(Resignation.UNKNOWN));
            case LOST -> new Loss(moment.event(), node, fence(before), next(later, moment, EventKind.ACTIVE_HEARD));
            case BROKE_OFF -> new BrokenOff(moment.router(), node, next(later, moment, EventKind.STARTED));
        };
    }

    /** What the guard did right before; several virtual routers may have told their part in between. */
    private static Optional<Event> fence(List<Event> before) {
        for (Event event : before.reversed()) {
            if (event.kind().equals(EventKind.FENCED)) {
                return Optional.of(event);
            }
            boolean between =
                    event.kind().equals(EventKind.TRANSITION) || event.kind().equals(EventKind.RELEASED);
            if (!between) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** The first event of the kind, unless the virtual router moved again before. */
    private static Optional<Event> next(List<Event> later, Moment moment, String kind) {
        for (Event event : later) {
            boolean ours =
                    event.subject().equals(moment.router()) || event.subject().equals("node");
            if (ours && event.kind().equals(kind)) {
                return Optional.of(event);
            }
            if (ours && event.kind().equals(EventKind.TRANSITION)) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }
}
