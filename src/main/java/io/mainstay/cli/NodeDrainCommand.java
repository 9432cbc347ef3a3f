// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.NodeDrainOutcome;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.NodeJson;
import io.mainstay.control.SwitchoverRequest;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay drain-node}. */
final class NodeDrainCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        CommandSpec spec = Specs.command(
                this,
                "drain-node",
                "Make this node dispensable, such as before it is stopped. Hands the virtual addresses over to another"
                        + " node, then drains the services that listen on other addresses. Services on virtual addresses"
                        + " stay ready, so that the node can serve if the other one fails. If nobody takes over, nothing"
                        + " is drained.",
                "mainstay drain-node --wait --timeout 5m",
                "mainstay ready-node");
        ChangeWords.addOptions(spec, Change.DRAIN);
        return spec;
    }

    @Override
    public ExitCode run(Invocation invocation) {
        boolean wait = invocation.flag(ChangeWords.WAIT);
        Optional<Duration> timeout = invocation.duration(ChangeWords.TIMEOUT);
        Daemon daemon = invocation.daemon();
        String body = daemon.post(
                "/v1/node/drain",
                NodeJson.toTree(new NodeDrainRequest(timeout, wait)),
                ChangeWords.patience(wait, timeout).map(SwitchoverRequest.DEFAULT_TIMEOUT::plus));
        NodeDrainOutcome outcome = daemon.read(body, NodeJson::nodeDrainOutcome);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            print(
                    outcome,
                    "no virtual router is Active here, and every service listens on a virtual address",
                    invocation);
        }
        boolean failed = !outcome.handedOver() || (wait && !outcome.finished());
        return failed ? ExitCode.FAILED : ExitCode.DONE;
    }

    /** @param otherwise why there is nothing to do, if there is nothing */
    static void print(NodeDrainOutcome outcome, String otherwise, Invocation invocation) {
        outcome.virtualRouters().forEach(router -> invocation.out().println(SwitchoverCommand.sentence(router)));
        outcome.services()
                .forEach(service -> invocation
                        .out()
                        .println(ChangeWords.sentence(
                                service.service(),
                                service.state(),
                                service.connectionsActive(),
                                service.connectionsReset(),
                                service.elapsed())));
        if (outcome.virtualRouters().isEmpty() && outcome.services().isEmpty()) {
            invocation.out().println("nothing to do: " + otherwise);
        }
    }
}
