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
import org.jspecify.annotations.Nullable;

/**
 * Takes the events about one virtual router apart into steps. An event is written when something is over; its values say
 * when the parts of it happened, so one event may become several lines before and after its own time.
 */
final class Timeline {

    /** A timer that is late by less than this is on time. */
    private static final Duration PUNCTUAL = Duration.ofMillis(5);

    private final String node;
    private final Instant zero;
    private final List<Line> lines = new ArrayList<>();
    private @Nullable Instant decided;

    private Timeline(String node, Instant zero) {
        this.node = node;
        this.zero = zero;
    }

    /**
     * The lines of these events, in the order of time.
     *
     * @param node whose events they are; empty if that goes without saying
     * @param zero the moment that offsets are counted from
     */
    static List<Line> of(List<Event> events, String node, Instant zero) {
        Timeline timeline = new Timeline(node, zero);
        events.forEach(timeline::add);
        timeline.lines.sort(Comparator.comparing(Line::time));
        return timeline.lines;
    }

    private void add(Event event) {
        switch (event.kind()) {
            case EventKind.TRANSITION -> {
                decided = event.time();
                transition(event);
            }
            case EventKind.SERVED -> served(event);
            case EventKind.RELEASED -> released(event);
            case EventKind.FENCED -> fenced(event);
            case EventKind.ELECTION_LATE -> late(event);
            default -> line(event, event.time(), withSubject(event));
        }
    }

    private static String withSubject(Event event) {
        return switch (event.kind()) {
            case EventKind.LINK, EventKind.SERVICE_DOWN, EventKind.SERVICE_UP ->
                event.subject() + ": " + event.sentence();
            default -> event.sentence();
        };
    }

    private void transition(Event event) {
        String states = Values.text(event, "from") + " -> " + Values.text(event, "to");
        switch (Values.text(event, "reason")) {
            case "active-down-timer" -> {
                silence(event);
                line(event, event.time(), states + ": " + silenceWas(event) + lateTimer(event));
            }
            case "active-resigned" -> {
                silence(event);
                before(event, "resigned", Spoken.peer(event) + " says that it resigns (priority 0)");
                line(
                        event,
                        event.time(),
                        states + ": the skew time of " + Spoken.span(event, "skew")
                                + " is over and nobody else took over" + lateTimer(event));
            }
            case "preempted-lower" ->
                line(
                        event,
                        event.time(),
                        states + ": the Active " + Spoken.peerAndPriority(event)
                                + " comes after this node with priority " + Values.text(event, "priority"));
            case "higher-priority", "higher-address" ->
                line(
                        event,
                        event.time(),
                        states + ": " + Spoken.peerAndPriority(event) + " advertises and comes before this node");
            case "unheard" -> {
                before(event, "contended", Spoken.peer(event) + " advertises as Active beside this node");
                line(
                        event,
                        event.time(),
                        states + ": " + Spoken.peerAndPriority(event) + " has gone on as Active and does not hear this"
                                + " node, which gives way");
            }
            case "handed-over" ->
                line(
                        event,
                        event.time(),
                        states + ": " + Spoken.peerAndPriority(event) + " is heard as Active, as asked for");
            case "fenced", "stalled" -> {
                before(event, "last_advertised", "last advertisement of this node");
                line(event, event.time(), event.sentence());
            }
            default -> line(event, event.time(), event.sentence());
        }
    }

    private void silence(Event event) {
        if (Values.text(event, "peer").isEmpty()) {
            before(event, "silent", "this node listens for an Active");
            return;
        }
        before(
                event,
                "silent",
                "last advertisement of the Active " + Spoken.peerAndPriority(event) + ", which sends one each "
                        + Spoken.span(event, "active_interval"));
        before(event, "advert_late", "its next advertisement was due and did not come");
    }

    private static String silenceWas(Event event) {
        return "no Active was heard for the active-down interval of " + Spoken.span(event, "active_down_interval")
                + " (3 x " + Spoken.span(event, "active_interval") + " + " + Spoken.span(event, "skew")
                + " for priority " + Values.text(event, "priority") + ")"
                + (Values.text(event, "listened_again").equals("true")
                        ? "; this node had itself not run in time and had listened once more"
                        : "");
    }

    private static String lateTimer(Event event) {
        return Values.span(event, "timer_late")
                .filter(late -> late.compareTo(PUNCTUAL) >= 0)
                .map(late -> "; " + Spoken.span(late) + " later than planned")
                .orElse("");
    }

    private void served(Event event) {
        knowDecision(event, "services_open");
        after(event, "advertised", "advertised as Active");
        after(event, "addresses_added", Spoken.addresses(event) + " added");
        after(event, "announced", "the neighbours are told (gratuitous ARP)");
        after(event, "services_open", "services open");
    }

    private void released(Event event) {
        knowDecision(event, "addresses_removed");
        after(event, "services_closed", "services closed");
        after(event, "addresses_removed", Spoken.addresses(event) + " removed");
    }

    /** The transition may be older than the part of the journal that is told: the event came right after its last step. */
    private void knowDecision(Event event, String lastStep) {
        if (decided == null) {
            decided = event.time().minus(Values.spanOrZero(event, lastStep));
        }
    }

    private void fenced(Event event) {
        String cause =
                event.sentence().substring(event.sentence().indexOf(": ") + 1).strip();
        before(event, "fenced", "the guard takes the addresses away and resigns for this node: " + cause);
    }

    private void late(Event event) {
        Duration late = Values.spanOrZero(event, "late");
        line(event, event.time().minus(late), "the election wants to run here, and does not");
        line(event, event.time(), "the election runs again, " + Spoken.span(late) + " late");
    }

    private void before(Event event, String value, String text) {
        Values.span(event, value).ifPresent(span -> line(event, event.time().minus(span), text));
    }

    private void after(Event event, String value, String text) {
        Instant from = decided;
        if (from != null) {
            Values.span(event, value).ifPresent(span -> line(event, from.plus(span), text));
        }
    }

    private void line(Event event, Instant time, String text) {
        // Only the line of the event itself is as severe as the event.
        Severity severity = time.equals(event.time()) ? event.severity() : Severity.INFO;
        lines.add(new Line(node, time, Duration.between(zero, time), severity, text, event.sequence()));
    }
}
