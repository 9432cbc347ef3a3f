// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.StatusJson;
import io.mainstay.observe.StatusSnapshot;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay backend list}. */
final class BackendListCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "list",
                "List the backends of all services with their states, connections and last health checks.",
                "mainstay backend list",
                "mainstay backend list --json | jq '.backends[] | select(.state == \"UNHEALTHY\")'");
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        if (invocation.json()) {
            invocation.out().print(daemon.get("/v1/backends"));
        } else {
            StatusSnapshot status = daemon.read(daemon.get("/v1/status"), StatusJson::fromTree);
            new StatusText(invocation.out(), invocation.colours()).printBackends(status.services(), status.time());
        }
        return ExitCode.DONE;
    }
}
