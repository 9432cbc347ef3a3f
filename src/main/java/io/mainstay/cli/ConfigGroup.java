// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay config}. */
final class ConfigGroup implements CommandGroup {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                this,
                "config",
                "Check a configuration, show one with every default filled in, show what a reload would change, or make one of"
                        + " a keepalived.conf.",
                "mainstay config check",
                "mainstay config check /tmp/mainstay.yaml",
                "mainstay config show --effective",
                "mainstay config diff",
                "mainstay config import /etc/keepalived/keepalived.conf");
    }

    @Override
    public List<CliCommand> commands() {
        return List.of(
                new ConfigCheckCommand(), new ConfigShowCommand(), new ConfigDiffCommand(), new ConfigImportCommand());
    }
}
