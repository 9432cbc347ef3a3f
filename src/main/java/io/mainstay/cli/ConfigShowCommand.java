// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.MainstayConfig;
import io.mainstay.control.ConfigJson;
import io.mainstay.observe.JsonText;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay config show}. */
final class ConfigShowCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "show",
                        "Show a configuration in full, with every default filled in: that of the running daemon, or"
                                + " that of a file.",
                        "mainstay config show --effective",
                        "mainstay config show --effective /etc/mainstay/mainstay.yaml",
                        "mainstay config show --json | jq .services")
                .addPositional(Specs.parameter("FILE", false, "The file. Default: what the running daemon uses."))
                .addOption(Specs.flag(
                        "--effective",
                        "With every default filled in. There is no other form so far, so it may be left out."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        invocation
                .out()
                .print(invocation
                        .parameter()
                        .map(file -> fromFile(Path.of(file), invocation))
                        .orElseGet(() -> fromDaemon(invocation)));
        return ExitCode.DONE;
    }

    private static String fromDaemon(Invocation invocation) {
        try {
            return invocation
                    .daemon()
                    .get("/v1/config/effective", invocation.json() ? "application/json" : "application/yaml");
        } catch (NoDaemon e) {
            throw new CommandFailure(
                    e.exitCode(),
                    e.getMessage() + "; of a file: mainstay config show " + ConfigCheckCommand.DEFAULT_FILE);
        }
    }

    private static String fromFile(Path file, Invocation invocation) {
        MainstayConfig config = ConfigCheckCommand.validOrFailure(ConfigFile.load(file), invocation);
        return invocation.json() ? JsonText.pretty(ConfigJson.toTree(config)) : EffectiveConfig.toYaml(config);
    }
}
