// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import io.mainstay.observe.EventKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The addresses of a virtual router came to the node or left it.
 *
 * @param router the name of the virtual router
 * @param way how
 * @param index of the event that tells of it
 * @param event that event; of a run that broke off its last one
 * @param at when; of a run that broke off the last sign of life
 */
record Moment(String router, Way way, int index, Event event, Instant at) {

    /** Virtual routers that move within this time of each other moved together. */
    private static final Duration TOGETHER = Duration.ofSeconds(5);

    enum Way {
        GAINED,
        LOST,
        /** The daemon ended while it was Active, without a word. */
        BROKE_OFF
    }

    /** Whether it only followed another member of its sync group; one that is handed over with it has heard no successor. */
    boolean isFollowing() {
        String reason = Values.text(event, "reason");
        boolean followed = reason.startsWith("sync-group-")
                || (reason.equals("handed-over") && Values.text(event, "peer").isEmpty());
        return way != Way.BROKE_OFF && followed;
    }

    /** Whether the other virtual router moved the same way at about the same time. */
    boolean isTogetherWith(Moment with) {
        return !with.router().equals(router)
                && with.way() == way
                && Duration.between(with.at(), at).abs().compareTo(TOGETHER) <= 0;
    }

    /**
     * All moments of a journal, oldest first.
     *
     * @param brokenOffAt if no daemon runs, when it lived last: a journal without a farewell then tells of one more move
     */
    static List<Moment> of(List<Event> events, Optional<Instant> brokenOffAt) {
        List<Moment> moments = new ArrayList<>();
        Map<String, Boolean> active = new TreeMap<>();
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            if (event.kind().equals(EventKind.STARTED) && i > 0) {
                Event last = events.get(i - 1);
                moments.addAll(brokenOff(active, i - 1, last, Values.instant(event, "previous_alive")));
                active.clear();
            }
            if (event.kind().equals(EventKind.TRANSITION)) {
                Optional<Moment> moment = ofTransition(event, i);
                moment.ifPresent(moments::add);
                active.put(event.subject(), Values.text(event, "to").equals("ACTIVE"));
            }
        }
        if (brokenOffAt.isPresent() && !events.isEmpty()) {
            moments.addAll(brokenOff(active, events.size() - 1, events.getLast(), brokenOffAt));
        }
        return moments;
    }

    private static Optional<Moment> ofTransition(Event event, int index) {
        boolean was = Values.text(event, "from").equals("ACTIVE");
        boolean is = Values.text(event, "to").equals("ACTIVE");
        return was == is
                ? Optional.empty()
                : Optional.of(new Moment(event.subject(), is ? Way.GAINED : Way.LOST, index, event, event.time()));
    }

    private static List<Moment> brokenOff(Map<String, Boolean> active, int index, Event last, Optional<Instant> alive) {
        Instant at = alive.filter(last.time()::isBefore).orElse(last.time());
        if (last.kind().equals(EventKind.STOPPED)) {
            return List.of();
        }
        return active.entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(entry -> new Moment(entry.getKey(), Way.BROKE_OFF, index, last, at))
                .toList();
    }
}
