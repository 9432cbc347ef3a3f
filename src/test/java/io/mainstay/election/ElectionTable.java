// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The rows of {@code transitions.txt}, and every combination that they have to cover. */
final class ElectionTable {

    private static final List<String> RELATIONS_OTHER =
            List.of("zero", "lower", "equal-lower", "equal-higher", "higher", "255");
    private static final List<String> RELATIONS_OWNER = List.of("zero", "lower", "equal-lower", "equal-higher");

    private static final List<String> COMMON_EVENTS = List.of(
            "startup",
            "link-down",
            "tracker-failed",
            "raised",
            "lowered",
            "group-active",
            "group-yields",
            "group-stalled",
            "group-follows",
            "shutdown",
            "hand-over",
            "resume-preemption",
            "fenced",
            "sent",
            "unsent",
            "claimed",
            "held",
            "unavailable",
            "time-due",
            "time-late",
            "advert");

    private ElectionTable() {}

    /** One situation; relation is "-" if the event is no advertisement. */
    record Situation(String state, String event, String relation, boolean preempt, boolean owner) {}

    /** One row: for which situations it speaks and what it says. */
    record Row(
            String line,
            List<String> situation,
            String next,
            List<String> actions,
            String timer,
            boolean suspended,
            String reason) {

        boolean speaksFor(Situation asked) {
            return situation.get(0).equals(asked.state())
                    && situation.get(1).equals(asked.event())
                    && matches(situation.get(2), asked.relation())
                    && matches(situation.get(3), asked.preempt() ? "yes" : "no")
                    && matches(situation.get(4), asked.owner() ? "yes" : "no");
        }

        private static boolean matches(String pattern, String value) {
            return pattern.equals("*") || pattern.equals(value);
        }
    }

    static List<Row> rows() {
        return lines().filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(ElectionTable::row)
                .toList();
    }

    private static Stream<String> lines() {
        try (InputStream in = ElectionTable.class.getResourceAsStream("transitions.txt")) {
            return new String(Objects.requireNonNull(in, "transitions.txt").readAllBytes(), StandardCharsets.UTF_8)
                    .lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Row row(String line) {
        List<String> halves =
                Stream.of(line.split("\\|", -1)).map(String::strip).toList();
        List<String> situation = List.of(halves.get(0).split("\\s+"));
        List<String> outcome = List.of(halves.get(1).split("\\s+"));
        List<String> actions =
                outcome.get(1).equals("-") ? List.of() : List.of(outcome.get(1).split(","));
        return new Row(
                line,
                situation,
                outcome.get(0),
                actions,
                outcome.get(2),
                outcome.get(3).equals("yes"),
                outcome.get(4));
    }

    static List<Situation> situations() {
        List<Situation> all = new ArrayList<>();
        for (String state : List.of(
                "initialize",
                "backup",
                "backup-of-another",
                "backup-suspended",
                "backup-listening",
                "active",
                "active-unheard",
                "handing-over",
                "fault-link",
                "fault-tracker",
                "fault-retry")) {
            for (String event : eventsIn(state)) {
                for (boolean owner : owners(event)) {
                    for (String relation : relations(event, owner)) {
                        all.add(new Situation(state, event, relation, false, owner));
                        all.add(new Situation(state, event, relation, true, owner));
                    }
                }
            }
        }
        return all;
    }

    private static List<String> eventsIn(String state) {
        if (state.equals("backup-of-another") || state.equals("active-unheard")) {
            return List.of("advert");
        }
        if (state.equals("backup-listening")) {
            return List.of("claimed", "time-due");
        }
        List<String> events = new ArrayList<>(COMMON_EVENTS);
        if (!List.of("initialize", "fault-link", "fault-tracker").contains(state)) {
            events.add("time-early");
        }
        if (state.equals("active") || state.equals("handing-over")) {
            events.add("advert-late");
            events.add("raised-late");
            events.add("group-yields-late");
            events.add("unsent-again");
        }
        if (state.equals("handing-over")) {
            events.add("time-refused");
        }
        return events;
    }

    /** An owner's priority is 255 at all times. */
    private static boolean[] owners(String event) {
        return event.startsWith("raised") || event.equals("lowered")
                ? new boolean[] {false}
                : new boolean[] {false, true};
    }

    private static List<String> relations(String event, boolean owner) {
        if (!event.startsWith("advert")) {
            return List.of("-");
        }
        return owner ? RELATIONS_OWNER : RELATIONS_OTHER;
    }
}
