// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.ControlClient;
import io.mainstay.control.PersistenceClearRequest;
import io.mainstay.control.ServiceJson;
import io.mainstay.net.IpAddress;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay persistence clear}. */
final class PersistenceClearCommand implements CliCommand {

    private static final String BACKEND = "--backend";
    private static final String CLIENT = "--client";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "clear",
                        "Forget clients that keep their backends, so that the next connection of each may go to any."
                                + " Live connections stay as they are.",
                        "mainstay persistence clear https",
                        "mainstay persistence clear https --backend web1",
                        "mainstay persistence clear https --client 198.51.100.7")
                .addPositional(Specs.parameter("SERVICE", true, "The service."))
                .addOption(Specs.text(BACKEND, "BACKEND", "Only the clients of this backend."))
                .addOption(Specs.text(CLIENT, "ADDRESS", "Only this client, or the network to which it belongs."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        String service = invocation.parameter().orElseThrow();
        String body = invocation
                .daemon()
                .post(
                        "/v1/services/" + ControlClient.segment(service) + "/persistence/clear",
                        ServiceJson.toTree(new PersistenceClearRequest(
                                service,
                                invocation.text(BACKEND),
                                invocation.text(CLIENT).map(PersistenceClearCommand::address))),
                        Optional.of(ControlClient.PATIENCE));
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            long cleared = invocation.daemon().read(body, ServiceJson::cleared);
            invocation.out().println(service + ": " + HumanText.count(cleared, "client") + " forgotten");
        }
        return ExitCode.DONE;
    }

    private static IpAddress address(String text) {
        try {
            return IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "client: " + text + " (expected: an address)");
        }
    }
}
