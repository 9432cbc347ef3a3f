// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeOutcome;
import io.mainstay.control.BackendChangeRequest;
import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.ControlJson;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay backend drain}, {@code ready} and {@code maint}. */
final class BackendChangeCommand implements CliCommand {

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
                        ChangeWords.of(change),
                        "Give a backend no new connections and let those it has end in their own time; the rest"
                                + " are reset at the deadline.",
                        "mainstay backend drain web1",
                        "mainstay backend drain web1 --wait --timeout 5m");
            case READY ->
                Specs.command(
                        this,
                        ChangeWords.of(change),
                        "Put a backend back after drain or maint: from now on its health checks decide.",
                        "mainstay backend ready web1");
            case MAINT ->
                Specs.command(
                        this,
                        ChangeWords.of(change),
                        "Take a backend out for maintenance: as drain, and whatever its health checks say, it"
                                + " stays out until mainstay backend ready.",
                        "mainstay backend maint web1 --wait",
                        "mainstay backend maint https/web1");
        };
        spec.addPositional(BackendName.parameter());
        ChangeWords.addOptions(spec, change);
        return spec;
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        BackendName name = BackendName.of(invocation.parameter().orElseThrow(), daemon);
        boolean wait = invocation.flag(ChangeWords.WAIT);
        Optional<Duration> timeout = invocation.duration(ChangeWords.TIMEOUT);
        String body = daemon.post(
                name.path() + "/" + ChangeWords.of(change),
                ControlJson.toTree(new BackendChangeRequest(name.service(), name.backend(), change, timeout, wait)),
                ChangeWords.patience(wait, timeout));
        BackendChangeOutcome outcome = daemon.read(body, ControlJson::backendChangeOutcome);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            invocation
                    .out()
                    .println(ChangeWords.sentence(
                            outcome.service() + "/" + outcome.backend(),
                            outcome.state(),
                            outcome.connectionsActive(),
                            outcome.connectionsReset(),
                            outcome.elapsed()));
        }
        return wait && !outcome.finished() ? ExitCode.FAILED : ExitCode.DONE;
    }
}
