// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeRequest.Change;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay service}. */
final class ServiceGroup implements CommandGroup {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "service",
                "List services, show one, let all of its backends run empty, take them out for maintenance, and put"
                        + " them back.",
                "mainstay service list",
                "mainstay service show https",
                "mainstay service drain https --wait --timeout 5m",
                "mainstay service ready https");
    }

    @Override
    public List<CliCommand> commands() {
        return List.of(
                new ServiceListCommand(),
                new ServiceShowCommand(),
                new ServiceChangeCommand(Change.DRAIN),
                new ServiceChangeCommand(Change.READY),
                new ServiceChangeCommand(Change.MAINT));
    }
}
