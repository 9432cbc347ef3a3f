// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.ControlClient;
import io.mainstay.control.PersistenceList;
import io.mainstay.control.ServiceJson;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay persistence list}. */
final class PersistenceListCommand implements CliCommand {

    private static final String LIMIT = "--limit";
    private static final long DEFAULT_LIMIT = 100;

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "list",
                        "List the clients of a service that keep their backends, the latest first.",
                        "mainstay persistence list https",
                        "mainstay persistence list https --limit 100000 --json")
                .addPositional(Specs.parameter("SERVICE", true, "The service."))
                .addOption(Specs.number(LIMIT, "How many clients are listed. Default: " + DEFAULT_LIMIT + "."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        String service = invocation.parameter().orElseThrow();
        long limit = invocation.number(LIMIT).orElse(DEFAULT_LIMIT);
        String body = daemon.get("/v1/services/" + ControlClient.segment(service) + "/persistence?limit=" + limit);
        if (invocation.json()) {
            invocation.out().print(body);
            return ExitCode.DONE;
        }
        PersistenceList list = daemon.read(body, ServiceJson::persistenceList);
        Table table = new Table("CLIENT", "BACKEND", "FORGOTTEN IN");
        for (PersistenceList.Client client : list.latest()) {
            table.row(client.client(), client.backend(), HumanText.duration(client.remaining()));
        }
        table.print(invocation.out(), invocation.colours());
        invocation
                .out()
                .println(HumanText.count(list.clients(), "client")
                        + (list.clients() > list.latest().size()
                                ? ", the latest " + list.latest().size() + " are listed"
                                : "")
                        + (list.evictions() > 0
                                ? "; " + list.evictions() + " were forgotten before their time, for want of room"
                                : ""));
        return ExitCode.DONE;
    }
}
