// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.ControlClient;
import io.mainstay.control.ControlJson;
import io.mainstay.control.SwitchoverOutcome;
import io.mainstay.control.SwitchoverRequest;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay switchover}. */
final class SwitchoverCommand implements CliCommand {

    private static final String WAIT = "--wait";
    private static final String TIMEOUT = "--timeout";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "switchover",
                        "Hand the virtual addresses of this node over to another node. This node goes on serving until"
                                + " the other one has taken over; if none does in time, it keeps them.",
                        "mainstay switchover --wait",
                        "mainstay switchover web --wait --timeout 5s")
                .addPositional(Specs.parameter(
                        "NAME", false, "The virtual router to hand over. Default: every one that is Active here."))
                .addOption(Specs.flag(WAIT, "Return only when another node is Active, or none has taken over in time."))
                .addOption(Specs.duration(TIMEOUT, "After which the attempt is given up. Default: 30s."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        boolean wait = invocation.flag(WAIT);
        Duration timeout = invocation.duration(TIMEOUT).orElse(SwitchoverRequest.DEFAULT_TIMEOUT);
        String body = daemon.post(
                "/v1/virtual-routers/switchover",
                ControlJson.toTree(new SwitchoverRequest(invocation.parameter(), wait, timeout)),
                Optional.of(wait ? timeout.plus(ControlClient.PATIENCE) : ControlClient.PATIENCE));
        boolean failed = false;
        for (SwitchoverOutcome outcome : daemon.read(body, ControlJson::switchoverOutcomes)) {
            failed |= outcome.result() == SwitchoverOutcome.Result.FAILED;
            if (!invocation.json()) {
                invocation.out().println(sentence(outcome));
            }
        }
        if (invocation.json()) {
            invocation.out().print(body);
        }
        return failed ? ExitCode.FAILED : ExitCode.DONE;
    }

    static String sentence(SwitchoverOutcome outcome) {
        String elapsed = HumanText.duration(outcome.elapsed());
        String happened = switch (outcome.result()) {
            case STARTED -> "handing over";
            case HANDED_OVER -> {
                String to = outcome.newActive();
                yield "handed over" + (to == null ? "" : " to " + to) + " in " + elapsed;
            }
            case FAILED -> "not handed over after " + elapsed + "; this node goes on serving";
        };
        return outcome.virtualRouter() + ": " + happened
                + (outcome.detail().isEmpty() ? "" : " (" + outcome.detail() + ")");
    }
}
