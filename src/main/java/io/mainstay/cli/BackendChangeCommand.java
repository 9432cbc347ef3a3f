// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeOutcome;
import io.mainstay.control.BackendChangeRequest;
import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.ControlClient;
import io.mainstay.control.ControlJson;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay backend drain}, {@code ready} and {@code maint}. */
final class BackendChangeCommand implements CliCommand {

    private static final String WAIT = "--wait";
    private static final String TIMEOUT = "--timeout";

    private final Change change;

    BackendChangeCommand(Change change) {
        this.change = change;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = switch (change) {
            case DRAIN ->
                Specs.command(
                        this,
                        word(),
                        "Give a backend no new connections and let those it has end in their own time; the rest"
                                + " are reset at the deadline.",
                        "mainstay backend drain web1",
                        "mainstay backend drain web1 --wait --timeout 5m");
            case READY ->
                Specs.command(
                        this,
                        word(),
                        "Put a backend back after drain or maint: from now on its health checks decide.",
                        "mainstay backend ready web1");
            case MAINT ->
                Specs.command(
                        this,
                        word(),
                        "Take a backend out for maintenance: as drain, and whatever its health checks say, it"
                                + " stays out until mainstay backend ready.",
                        "mainstay backend maint web1 --wait",
                        "mainstay backend maint https/web1");
        };
        spec.addPositional(BackendName.parameter());
        if (change != Change.READY) {
            spec.addOption(Specs.flag(
                            WAIT, "Return only when no connection is left, of its own or after the deadline."))
                    .addOption(Specs.duration(
                            TIMEOUT, "The deadline, such as 30s or 5m. Default: drain_timeout of the service."));
        }
        return spec;
    }

    private String word() {
        return change.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        BackendName name = BackendName.of(invocation.parameter().orElseThrow(), daemon);
        boolean wait = invocation.flag(WAIT);
        Optional<Duration> timeout = invocation.duration(TIMEOUT);
        // A drain without a timeout of its own lasts as long as the service's, which may be days.
        Optional<Duration> limit =
                wait ? timeout.map(ControlClient.PATIENCE::plus) : Optional.of(ControlClient.PATIENCE);
        String body = daemon.post(
                name.path() + "/" + word(),
                ControlJson.toTree(new BackendChangeRequest(name.service(), name.backend(), change, timeout, wait)),
                limit);
        BackendChangeOutcome outcome = daemon.read(body, ControlJson::backendChangeOutcome);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            invocation.out().println(sentence(outcome));
        }
        return wait && !outcome.finished() ? ExitCode.FAILED : ExitCode.DONE;
    }

    private static String sentence(BackendChangeOutcome outcome) {
        StringBuilder sentence = new StringBuilder(outcome.service())
                .append('/')
                .append(outcome.backend())
                .append(": ")
                .append(outcome.state());
        if (outcome.connectionsActive() > 0) {
            sentence.append(", ")
                    .append(HumanText.count(outcome.connectionsActive(), "connection"))
                    .append(" left");
        }
        if (outcome.connectionsReset() > 0) {
            sentence.append(", ")
                    .append(HumanText.count(outcome.connectionsReset(), "connection"))
                    .append(" reset");
        }
        return sentence.append(" (after ")
                .append(HumanText.duration(outcome.elapsed()))
                .append(')')
                .toString();
    }
}
