// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one node remembers.
 *
 * @param events its events, oldest first
 * @param brokenOffAt when its daemon showed the last sign of life, if it does not run; empty if it runs
 */
public record NodeJournal(List<Event> events, Optional<Instant> brokenOffAt) {

    private static final String NOBODY = "this node";

    public NodeJournal {
        events = List.copyOf(events);
    }

    /** What the node was called at that event: as the last start before it says, or else the first one after it. */
    String nameAt(int index) {
        String name = NOBODY;
        for (int i = 0; i < events.size() && (i <= index || name.equals(NOBODY)); i++) {
            Event event = events.get(i);
            if (event.kind().equals(EventKind.STARTED)) {
                name = event.fields().getOrDefault("node", name);
            }
        }
        return name;
    }

    /** The interface of the virtual router; empty if no event names it. */
    String interfaceOf(String router) {
        return events.reversed().stream()
                .filter(event -> event.subject().equals(router))
                .map(event -> Values.text(event, "interface"))
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElse("");
    }

    /** Whether an event belongs to the story of a virtual router: is about it, its interface, or the node as a whole. */
    static boolean concerns(Event event, String router, String interfaceName) {
        if (event.subject().equals(router) || event.subject().equals(interfaceName)) {
            return true;
        }
        return switch (event.kind()) {
            case EventKind.STARTED,
                    EventKind.STOPPING,
                    EventKind.STOPPED,
                    EventKind.FENCED,
                    EventKind.ELECTION_LATE,
                    EventKind.SERVICE_DOWN,
                    EventKind.SERVICE_UP -> true;
            default -> event.subject().equals("node") && event.severity() != Severity.INFO;
        };
    }

    /** Whether an event is worth telling however long after a move of the virtual router it came. */
    static boolean staysOfInterest(Event event, String router) {
        return switch (event.kind()) {
            case EventKind.TRANSITION, EventKind.LINK, EventKind.STARTED, EventKind.STOPPED -> true;
            default -> event.subject().equals(router) && event.severity() != Severity.INFO;
        };
    }
}
