// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.explain.Story.Line;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Tells from the journal of a node how an address came to it or left it. Safe for use by several threads. */
public final class Storyteller {

    /** What happened so long before the first sign of a move belongs to it. */
    private static final Duration LEAD = Duration.ofSeconds(15);

    /** What happened so long after it does too; changes of state do however late they come. */
    private static final Duration TRAIL = Duration.ofSeconds(30);

    private static final int MOST_LINES = 40;
    private static final int MOST_EARLIER = 5;

    private final NodeJournal journal;
    private final Optional<NodeJournal> other;
    private final List<Moment> moments;

    /**
     * A storyteller who knows nothing but these journals.
     *
     * @param journal that of the node whose moves are told
     * @param other that of another node, whose part is told along
     */
    public Storyteller(NodeJournal journal, Optional<NodeJournal> other) {
        this.journal = journal;
        this.other = other;
        moments = Moment.of(journal.events(), journal.brokenOffAt());
    }

    /**
     * A move, if there was one.
     *
     * @param router of which virtual router; empty: of the one that moved last, and of a sync group the member that decided
     * @param back how many moves of that virtual router before its last one: 0 for the last, as {@link Story#earlier} lists them
     */
    public Optional<Story> move(Optional<String> router, int back) {
        return router.or(this::movedLast).flatMap(name -> {
            List<Moment> moves = moments.reversed().stream()
                    .filter(moment -> moment.router().equals(name))
                    .toList();
            return back < moves.size() ? Optional.of(story(moves.get(back))) : Optional.empty();
        });
    }

    private Optional<String> movedLast() {
        return moments.reversed().stream()
                .filter(moment -> !isToldByAnother(moment))
                .map(Moment::router)
                .findFirst();
    }

    /** What a member of a sync group went through that only followed is told with the move of the one that decided. */
    private boolean isToldByAnother(Moment moment) {
        return moment.isFollowing()
                && moments.stream().anyMatch(other -> !other.isFollowing() && other.isTogetherWith(moment));
    }

    private Story story(Moment moment) {
        Chapter chapter = chapter(moment);
        return new Story(
                moment.router(),
                moment.at(),
                moment.way() != Moment.Way.BROKE_OFF,
                moment.event().sequence(),
                chapter.headline(),
                shortened(timeline(moment)),
                chapter.why(),
                chapter.clients(),
                chapter.clientsAtMost(),
                remarks(moment),
                earlier(moment));
    }

    private Chapter chapter(Moment moment) {
        return Chapter.of(moment, journal, other);
    }

    private List<Line> timeline(Moment moment) {
        List<Event> ours = around(moment);
        if (other.isEmpty()) {
            return Timeline.of(ours, "", moment.at());
        }
        List<Line> lines = new ArrayList<>(Timeline.of(ours, journal.nameAt(moment.index()), moment.at()));
        NodeJournal peer = other.get();
        List<Event> theirs = between(
                peer,
                moment.router(),
                firstSign(moment).minus(LEAD),
                moment.at().plus(TRAIL));
        lines.addAll(Timeline.of(theirs, peer.nameAt(Integer.MAX_VALUE), moment.at()));
        lines.sort(Comparator.comparing(Line::time));
        return lines;
    }

    private static List<Event> between(NodeJournal journal, String router, Instant from, Instant until) {
        String interfaceName = journal.interfaceOf(router);
        return journal.events().stream()
                .filter(event -> !event.time().isBefore(from) && !event.time().isAfter(until))
                .filter(event -> NodeJournal.concerns(event, router, interfaceName))
                .toList();
    }

    /** The events that tell of the move, from what led to it until the next move. */
    private List<Event> around(Moment moment) {
        String interfaceName = journal.interfaceOf(moment.router());
        Instant from = firstSign(moment).minus(LEAD);
        Instant until = moment.at().plus(TRAIL);
        int end = indexOfNextMove(moment);
        List<Event> around = new ArrayList<>();
        for (int i = indexAfterMoveBefore(moment); i < end; i++) {
            Event event = journal.events().get(i);
            boolean inTime = i == moment.index()
                    || (!event.time().isBefore(from)
                            && (!event.time().isAfter(until) || NodeJournal.staysOfInterest(event, moment.router())));
            // Whom a Backup follows is news only once the address has moved.
            boolean known = i < moment.index() && event.kind().equals(EventKind.ACTIVE_HEARD);
            if (inTime && !known && NodeJournal.concerns(event, moment.router(), interfaceName)) {
                around.add(event);
            }
        }
        return around;
    }

    /** A run that broke off is told from its last move on, as there is nothing else to tell. */
    private int indexAfterMoveBefore(Moment moment) {
        if (moment.way() == Moment.Way.BROKE_OFF) {
            return 0;
        }
        int index = moments.stream()
                .filter(before -> before.router().equals(moment.router()) && before.index() < moment.index())
                .mapToInt(before -> before.index() + 1)
                .max()
                .orElse(0);
        // The end of that takeover belongs to it, not to this one.
        while (index < moment.index() && isEndOfTakeover(journal.events().get(index), moment.router())) {
            index++;
        }
        return index;
    }

    private static boolean isEndOfTakeover(Event event, String router) {
        boolean end = event.kind().equals(EventKind.SERVED) || event.kind().equals(EventKind.RELEASED);
        return end && event.subject().equals(router);
    }

    private int indexOfNextMove(Moment moment) {
        return moments.stream()
                .filter(next -> next.router().equals(moment.router()) && next.index() > moment.index())
                .mapToInt(next -> next.way() == Moment.Way.BROKE_OFF ? next.index() + 1 : next.index())
                .min()
                .orElse(journal.events().size());
    }

    private static Instant firstSign(Moment moment) {
        Duration longest = Duration.ZERO;
        for (String value : List.of("silent", "last_advertised", "hand_over")) {
            Duration span = Values.spanOrZero(moment.event(), value);
            longest = span.compareTo(longest) > 0 ? span : longest;
        }
        return moment.event().time().minus(longest);
    }

    /** The beginning and the end of a long story. */
    private static List<Line> shortened(List<Line> lines) {
        if (lines.size() <= MOST_LINES) {
            return lines;
        }
        List<Line> kept = new ArrayList<>(lines.subList(0, MOST_LINES / 2));
        Line first = lines.get(MOST_LINES / 2);
        String left = (lines.size() - MOST_LINES) + " more steps: see mainstay events";
        kept.add(new Line(first.node(), first.time(), first.offset(), Severity.INFO, left, first.event()));
        kept.addAll(lines.subList(lines.size() - MOST_LINES / 2, lines.size()));
        return kept;
    }

    private List<String> remarks(Moment moment) {
        List<String> remarks = new ArrayList<>();
        List<String> together = moments.stream()
                .filter(moment::isTogetherWith)
                .map(Moment::router)
                .distinct()
                .sorted()
                .toList();
        if (!together.isEmpty()) {
            remarks.add("Moved with it: " + String.join(", ", together) + ".");
        }
        if (moment.way() == Moment.Way.GAINED) {
            servicesDown(moment)
                    .forEach((service, sentence) -> remarks.add(
                            "Service " + service + " could not serve here at that moment: " + sentence + "."));
        }
        split(moment).ifPresent(remarks::add);
        if (other.isPresent()) {
            remarks.add("The times of two nodes can be compared as far as their clocks agree.");
        }
        return remarks;
    }

    /** An Active that fell silent and then speaks again, and comes first, may never have ceased to serve. */
    private Optional<String> split(Moment moment) {
        Optional<Moment> before = moments.stream()
                .filter(gain -> gain.router().equals(moment.router()) && gain.index() < moment.index())
                .reduce((first, second) -> second);
        String peer = Values.text(moment.event(), "peer");
        boolean outdone = Values.text(moment.event(), "reason").startsWith("higher-");
        if (!outdone
                || before.isEmpty()
                || !Values.text(before.get().event(), "reason").equals("active-down-timer")
                || !Values.text(before.get().event(), "peer").equals(peer)) {
            return Optional.empty();
        }
        return Optional.of("Before, this node took over because it did not hear " + peer + ". If " + peer
                + " ran all the while, both were Active for "
                + Spoken.span(Duration.between(before.get().at(), moment.at()))
                + ", and clients reached one or the other: look at the cable, the switch port and the firewall between"
                + " the two.");
    }

    /** The services that had no backend when this node took over. */
    private Map<String, String> servicesDown(Moment moment) {
        Map<String, String> down = new TreeMap<>();
        for (Event event : journal.events().subList(0, moment.index())) {
            switch (event.kind()) {
                case EventKind.SERVICE_DOWN -> down.put(event.subject(), event.sentence());
                case EventKind.SERVICE_UP -> down.remove(event.subject());
                case EventKind.STARTED -> down.clear();
                default -> {}
            }
        }
        return down;
    }

    private List<Story.Earlier> earlier(Moment moment) {
        return moments.reversed().stream()
                .filter(before -> before.router().equals(moment.router()) && before.index() < moment.index())
                .limit(MOST_EARLIER)
                .map(before -> new Story.Earlier(before.at(), chapter(before).headline()))
                .toList();
    }
}
