// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import io.mainstay.config.ConfigChange;
import io.mainstay.control.ControlClient;
import io.mainstay.control.ReloadJson;
import io.mainstay.control.ReloadOutcome;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay reload}. */
final class ReloadCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "reload",
                "Let the daemon take its configuration file over, as a whole or not at all. What the file leaves as it"
                        + " is keeps its sockets, connections, health and counters; backends and services that are gone"
                        + " are drained. A file with mistakes, or with a change that needs a restart, changes nothing.",
                "mainstay config diff && mainstay reload");
    }

    @Override
    public ExitCode run(Invocation invocation) {
        String body = invocation.daemon().post("/v1/reload", new JsonObject(), Optional.of(ControlClient.PATIENCE));
        ReloadOutcome outcome = invocation.daemon().read(body, ReloadJson::reloadOutcome);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            print(outcome, invocation.out(), invocation.err());
        }
        return switch (outcome.result()) {
            case APPLIED, UNCHANGED -> ExitCode.DONE;
            case INVALID -> ExitCode.CONFIGURATION_INVALID;
            case NEEDS_RESTART, FAILED -> ExitCode.FAILED;
        };
    }

    private static void print(ReloadOutcome outcome, PrintWriter out, PrintWriter err) {
        outcome.problems().forEach(err::println);
        outcome.warnings().forEach(warning -> err.println("warning: " + warning));
        switch (outcome.result()) {
            case APPLIED -> {
                outcome.changes().forEach(out::println);
                out.println("in force: " + HumanText.count(outcome.changes().size(), "change"));
            }
            case UNCHANGED -> out.println("nothing to do: the file says what is in force");
            case INVALID ->
                err.println("mainstay: configuration invalid: "
                        + HumanText.count(outcome.problems().size(), "mistake") + ", nothing was changed");
            case NEEDS_RESTART -> {
                err.println("mainstay: nothing was changed, because this needs a restart of the daemon:");
                List<ConfigChange> reasons = outcome.needingRestart();
                reasons.forEach(err::println);
            }
            case FAILED -> err.println("mainstay: nothing was changed: " + outcome.detail());
        }
    }
}
