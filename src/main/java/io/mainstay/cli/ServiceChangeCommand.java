// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.ControlClient;
import io.mainstay.control.ControlJson;
import io.mainstay.control.ServiceChangeOutcome;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.control.ServiceJson;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay service drain}, {@code ready} and {@code maint}. */
final class ServiceChangeCommand implements CliCommand {

    private final Change change;

    ServiceChangeCommand(Change change) {
        this.change = change;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = switch (change) {
            case DRAIN ->
                Specs.command(
                        this,
                        ChangeWords.of(change),
                        "Refuse new connections to a service on this node and let those it has end in their own time;"
                                + " the rest are reset at the deadline. Backends that join by a reload meanwhile get"
                                + " none either.",
                        "mainstay service drain https",
                        "mainstay service drain https --wait --timeout 5m");
            case READY ->
                Specs.command(
                        this,
                        ChangeWords.of(change),
                        "Put a service back after drain or maint, and call a drain off that is not over: from now on"
                                + " health checks decide. What was asked for a single backend by its name stays.",
                        "mainstay service ready https");
            case MAINT ->
                Specs.command(
                        this,
                        ChangeWords.of(change),
                        "Take all backends of a service out for maintenance: as drain, and they are not checked until"
                                + " mainstay service ready.",
                        "mainstay service maint https --wait");
        };
        spec.addPositional(Specs.parameter("SERVICE", true, "The name of the service."));
        ChangeWords.addOptions(spec, change);
        return spec;
    }

    @Override
    public ExitCode run(Invocation invocation) {
        String name = invocation.parameter().orElseThrow();
        boolean wait = invocation.flag(ChangeWords.WAIT);
        Optional<Duration> timeout = invocation.duration(ChangeWords.TIMEOUT);
        Daemon daemon = invocation.daemon();
        String body = daemon.post(
                "/v1/services/" + ControlClient.segment(name) + "/" + ChangeWords.of(change),
                ControlJson.toTree(new ServiceChangeRequest(name, change, timeout, wait)),
                ChangeWords.patience(wait, timeout));
        ServiceChangeOutcome outcome = daemon.read(body, ServiceJson::serviceChangeOutcome);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            invocation
                    .out()
                    .println(ChangeWords.sentence(
                            outcome.service(),
                            outcome.state(),
                            outcome.connectionsActive(),
                            outcome.connectionsReset(),
                            outcome.elapsed()));
        }
        return wait && !outcome.finished() ? ExitCode.FAILED : ExitCode.DONE;
    }
}
