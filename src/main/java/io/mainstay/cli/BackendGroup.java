// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeRequest.Change;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay backend}. */
final class BackendGroup implements CommandGroup {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "backend",
                "List backends, check them, drain them, take them out for maintenance, and put them back. A backend is"
                        + " called by its name, or by SERVICE/BACKEND where several services have one of that name.",
                "mainstay backend list",
                "mainstay backend drain web1 --wait --timeout 5m",
                "mainstay backend maint https/web1",
                "mainstay backend ready web1");
    }

    @Override
    public List<CliCommand> commands() {
        return List.of(
                new BackendListCommand(),
                new BackendCheckCommand(),
                new BackendChangeCommand(Change.DRAIN),
                new BackendChangeCommand(Change.READY),
                new BackendChangeCommand(Change.MAINT));
    }
}
