// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonParseException;
import io.mainstay.config.Durations;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventJson;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.function.Predicate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code mainstay events}. */
final class EventsCommand implements CliCommand {

    private static final String FOLLOW = "--follow";
    private static final String SINCE = "--since";
    private static final String ROUTER = "--router";

    /** Nobody reads the output any more. */
    private static final class OutputClosed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "events",
                        "Show what happened on the node: transitions, health changes, commands. Each event has a"
                                + " number, counted over restarts.",
                        "mainstay events",
                        "mainstay events --follow",
                        "mainstay events --since 10m --router web",
                        "mainstay events --since 120 --json")
                .addOption(OptionSpec.builder("-f", FOLLOW)
                        .type(boolean.class)
                        .description("Go on with events as they come.")
                        .build())
                .addOption(Specs.text(
                        SINCE,
                        "NUMBER|DURATION",
                        "Only events after the one of that number, or of the last so and so long. Default: all that are"
                                + " kept."))
                .addOption(Specs.text(ROUTER, "NAME", "Only events of that virtual router."))
                .addOption(Journal.stateDirectoryOption());
    }

    @Override
    public ExitCode run(Invocation invocation) {
        PrintWriter out = invocation.out();
        Predicate<Event> wanted = wanted(invocation);
        if (!invocation.flag(FOLLOW)) {
            Journal.read(invocation).events().stream()
                    .filter(wanted)
                    .forEach(event -> out.println(shown(event, invocation)));
            return ExitCode.DONE;
        }
        try {
            invocation.daemon().follow("/v1/events?follow=true&since=" + firstToFollow(invocation), line -> {
                show(line, wanted, invocation);
                // Flushes as well.
                if (out.checkError()) {
                    throw new OutputClosed();
                }
            });
        } catch (OutputClosed e) {
            return ExitCode.DONE;
        }
        throw new CommandFailure(ExitCode.DAEMON_NOT_REACHABLE, "the daemon has stopped");
    }

    private static Predicate<Event> wanted(Invocation invocation) {
        Predicate<Event> wanted = invocation
                .text(ROUTER)
                .<Predicate<Event>>map(name -> event -> event.subject().equals(name))
                .orElse(event -> true);
        return invocation
                .text(SINCE)
                .map(EventsCommand::since)
                .orElse(event -> true)
                .and(wanted);
    }

    private static Predicate<Event> since(String text) {
        if (isNumber(text)) {
            long number = Long.parseLong(text);
            return event -> event.sequence() > number;
        }
        try {
            Instant earliest = InstantSource.system().instant().minus(Durations.parse(text));
            return event -> !event.time().isBefore(earliest);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    SINCE + ": " + text + " (expected: the number of an event, or a duration such as 10m)");
        }
    }

    private static String firstToFollow(Invocation invocation) {
        return invocation.text(SINCE).filter(EventsCommand::isNumber).orElse("0");
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static void show(String line, Predicate<Event> wanted, Invocation invocation) {
        try {
            Event event = EventJson.fromLine(line);
            if (wanted.test(event)) {
                invocation.out().println(shown(event, invocation));
            }
        } catch (JsonParseException e) {
            invocation.out().println(HumanText.printable(line));
        }
    }

    private static String shown(Event event, Invocation invocation) {
        if (invocation.json()) {
            return EventJson.toLine(event);
        }
        String text = HumanText.printable(text(event));
        return invocation.colours() ? Colour.of(event.severity()).paint(text) : text;
    }

    private static String text(Event event) {
        StringBuilder text = new StringBuilder()
                .append(event.sequence())
                .append("  ")
                .append(HumanText.time(event.time(), ZoneId.systemDefault()))
                .append(severity(event))
                .append(event.subject())
                .append(": ")
                .append(event.sentence());
        event.fields()
                .forEach((name, value) ->
                        text.append("  ").append(name).append('=').append(value));
        return text.toString();
    }

    private static String severity(Event event) {
        return switch (event.severity()) {
            case INFO -> "  info     ";
            case WARNING -> "  warning  ";
            case ERROR -> "  error    ";
        };
    }
}
