// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay persistence}. */
final class PersistenceGroup implements CommandGroup {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "persistence",
                "List and forget the clients that keep their backends. Each node remembers for itself.",
                "mainstay persistence list https",
                "mainstay persistence clear https --backend web1");
    }

    @Override
    public List<CliCommand> commands() {
        return List.of(new PersistenceListCommand(), new PersistenceClearCommand());
    }
}
