// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.StatusJson;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay service list}. */
final class ServiceListCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "list",
                "List the services with their states, backends, connections and octets.",
                "mainstay service list",
                "mainstay service list --json | jq '.services[].name'");
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        if (invocation.json()) {
            invocation.out().print(daemon.get("/v1/services"));
        } else {
            new StatusText(invocation.out(), invocation.colours())
                    .printServices(daemon.read(daemon.get("/v1/status"), StatusJson::fromTree)
                            .services());
        }
        return ExitCode.DONE;
    }
}
