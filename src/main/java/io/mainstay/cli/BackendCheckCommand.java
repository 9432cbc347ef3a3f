// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import io.mainstay.control.BackendCheckOutcome;
import io.mainstay.control.ServiceJson;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay backend check}. */
final class BackendCheckCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "check",
                        "Run the health checks of a backend now and print every step. What they find changes nothing."
                                + " Ends with exit code 0 if the backend passes, 1 if not.",
                        "mainstay backend check web1",
                        "mainstay backend check https/web1")
                .addPositional(BackendName.parameter());
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        BackendName name = BackendName.of(invocation.parameter().orElseThrow(), daemon);
        // Each check has a timeout of its own, which may be long.
        String body = daemon.post(name.path() + "/check", new JsonObject(), Optional.empty());
        BackendCheckOutcome outcome = daemon.read(body, ServiceJson::backendCheckOutcome);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            print(outcome, invocation.out());
        }
        return outcome.passed() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static void print(BackendCheckOutcome outcome, PrintWriter out) {
        for (BackendCheckOutcome.Check check : outcome.checks()) {
            out.println(HumanText.printable(outcome.service() + "/" + outcome.backend() + ": " + check.check()));
            Table steps = new Table("  STEP", "TOOK", "RESULT");
            for (BackendCheckOutcome.Step step : check.steps()) {
                steps.row("  " + step.name(), HumanText.fine(step.duration()), step.detail());
            }
            steps.row(
                    "  verdict",
                    HumanText.fine(check.duration()),
                    check.passed() ? "passed" : "failed: " + check.detail());
            steps.print(out, false);
        }
    }
}
