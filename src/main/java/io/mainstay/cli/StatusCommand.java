// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusJson;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay status}. */
final class StatusCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "status",
                "Show the node, its virtual routers, services and backends. FOR is how long a state has lasted, ACTIVE"
                        + " AT the address of the node that announces the virtual router.",
                "mainstay status",
                "mainstay status --json | jq -r '.virtual_routers[] | .name + \" \" + .state'");
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        String body = daemon.get("/v1/status");
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            new StatusText(invocation.out(), invocation.colours())
                    .print(daemon.read(body, StatusJson::fromTree), ProductVersion.current());
        }
        return ExitCode.DONE;
    }
}
