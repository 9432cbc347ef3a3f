// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonParseException;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventJson;
import java.io.PrintWriter;
import java.time.ZoneId;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code mainstay events}. */
final class EventsCommand implements CliCommand {

    private static final String FOLLOW = "--follow";
    private static final String SINCE = "--since";

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
                        "mainstay events --since 120 --json")
                .addOption(OptionSpec.builder("-f", FOLLOW)
                        .type(boolean.class)
                        .description("Go on with events as they come.")
                        .build())
                .addOption(Specs.number(
                        SINCE, "Only events after the one of that number. Default: 0, which shows all that are kept."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        PrintWriter out = invocation.out();
        String target = "/v1/events?since=" + invocation.number(SINCE).orElse(0L);
        if (!invocation.flag(FOLLOW)) {
            daemon.get(target).lines().forEach(line -> out.println(shown(line, invocation)));
            return ExitCode.DONE;
        }
        try {
            daemon.follow(target + "&follow=true", line -> {
                out.println(shown(line, invocation));
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

    private static String shown(String line, Invocation invocation) {
        if (invocation.json()) {
            return line;
        }
        try {
            Event event = EventJson.fromLine(line);
            String text = HumanText.printable(text(event));
            return invocation.colours() ? Colour.of(event.severity()).paint(text) : text;
        } catch (JsonParseException e) {
            return HumanText.printable(line);
        }
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
