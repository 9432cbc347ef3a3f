// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.ControlClient;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.StatusJson;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay service show}. */
final class ServiceShowCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "show",
                        "Show a service and its backends, and how far drains have come: the connections that are left,"
                                + " the deadline, the age of the oldest one, and when the last is expected to end.",
                        "mainstay service show https")
                .addPositional(Specs.parameter("SERVICE", true, "The name of the service."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        String name = invocation.parameter().orElseThrow();
        // The daemon knows which names there are, and says so if this is none.
        String body = daemon.get("/v1/services/" + ControlClient.segment(name));
        if (invocation.json()) {
            invocation.out().print(body);
            return ExitCode.DONE;
        }
        StatusSnapshot status = daemon.read(daemon.get("/v1/status"), StatusJson::fromTree);
        List<ServiceStatus> services = status.services().stream()
                .filter(service -> service.name().equals(name))
                .toList();
        StatusText text = new StatusText(invocation.out(), invocation.colours());
        text.printServices(services);
        if (services.stream().anyMatch(service -> service.engine().equals("kernel"))) {
            text.printKernelInterfaces(status);
        }
        invocation.out().println();
        text.printBackends(services, status.time());
        return ExitCode.DONE;
    }
}
