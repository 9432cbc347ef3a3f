// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import io.mainstay.control.ControlClient;
import io.mainstay.control.NodeJson;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay ready-node}. */
final class NodeReadyCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "ready-node",
                "Put the services back that drain-node has drained. The virtual addresses stay where they are: mainstay"
                        + " switchover on the other node brings them back.",
                "mainstay ready-node");
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        String body = daemon.post("/v1/node/ready", new JsonObject(), Optional.of(ControlClient.PATIENCE));
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            NodeDrainCommand.print(
                    daemon.read(body, NodeJson::nodeDrainOutcome),
                    "every service listens on a virtual address",
                    invocation);
        }
        return ExitCode.DONE;
    }
}
