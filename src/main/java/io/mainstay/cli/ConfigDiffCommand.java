// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import io.mainstay.config.ConfigChange;
import io.mainstay.config.ConfigDiff;
import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.control.ReloadJson;
import io.mainstay.observe.JsonText;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay config diff}. */
final class ConfigDiffCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "diff",
                        "Show what a reload of a file would change in the running daemon, and what of it would need a"
                                + " restart. Defaults that are written out and the order of keys make no difference.",
                        "mainstay config diff",
                        "mainstay config diff /tmp/mainstay.yaml")
                .addPositional(
                        Specs.parameter("FILE", false, "The file. Default: " + ConfigCheckCommand.DEFAULT_FILE + "."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Path file = Path.of(invocation.parameter().orElse(ConfigCheckCommand.DEFAULT_FILE));
        MainstayConfig running = running(invocation);
        MainstayConfig wanted = ConfigCheckCommand.validOrFailure(
                ConfigFile.load(file, HostFacts.ofThisMachine().withRunDirectory(runDirectory(running))), invocation);
        List<ConfigChange> changes = ConfigDiff.between(running, wanted);
        if (invocation.json()) {
            JsonObject json = new JsonObject();
            json.add("changes", ReloadJson.changes(changes));
            invocation.out().print(JsonText.pretty(json));
            return ExitCode.DONE;
        }
        changes.forEach(
                change -> invocation.out().println(change + (change.needsRestart() ? "   (needs a restart)" : "")));
        long restarts = changes.stream().filter(ConfigChange::needsRestart).count();
        invocation
                .out()
                .println(
                        changes.isEmpty()
                                ? "no difference"
                                : HumanText.count(changes.size(), "change")
                                        + (restarts == 0 ? "" : ", " + restarts + " of them need a restart"));
        return ExitCode.DONE;
    }

    private static MainstayConfig running(Invocation invocation) {
        String yaml = invocation.daemon().get("/v1/config/effective", "application/yaml");
        return switch (ConfigFile.parse(yaml, "the running configuration", HostFacts.ofThisMachine())) {
            case ConfigResult.Valid valid -> valid.config();
            case ConfigResult.Invalid invalid ->
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "the daemon runs a configuration that this version does not understand: "
                                + invalid.problems().getFirst());
        };
    }

    /** Where the daemon was told to keep its socket, which a file need not say. */
    private static Path runDirectory(MainstayConfig running) {
        Path parent = running.control().socket().getParent();
        return parent == null ? HostFacts.DEFAULT_RUN_DIRECTORY : parent;
    }
}
