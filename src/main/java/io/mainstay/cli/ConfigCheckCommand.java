// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigProblem;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.MainstayConfig;
import io.mainstay.control.ReloadJson;
import io.mainstay.observe.JsonText;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay config check}. */
final class ConfigCheckCommand implements CliCommand {

    static final String DEFAULT_FILE = "/etc/mainstay/mainstay.yaml";

    private static final String STRICT = "--strict";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "check",
                        "Check a configuration file and name every mistake with its line. Asks no daemon. Ends with"
                                + " exit code 0 if the file may be used, 3 if not. Warnings tell of what is legal and"
                                + " will not work well; they do not count as mistakes, unless --strict is given.",
                        "mainstay config check",
                        "mainstay config check /tmp/mainstay.yaml && cp /tmp/mainstay.yaml /etc/mainstay/")
                .addOption(Specs.flag(STRICT, "End with exit code 3 if there is a warning, too."))
                .addPositional(Specs.parameter("FILE", false, "The file. Default: " + DEFAULT_FILE + "."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Path file = Path.of(invocation.parameter().orElse(DEFAULT_FILE));
        ConfigResult result = ConfigFile.load(file);
        ConfigResult.Valid valid = result instanceof ConfigResult.Valid good ? good : null;
        int mattering =
                valid != null && invocation.flag(STRICT) ? valid.warnings().size() : 0;
        if (invocation.json()) {
            invocation.out().print(JsonText.pretty(json(result)));
            return valid != null && mattering == 0 ? ExitCode.DONE : ExitCode.CONFIGURATION_INVALID;
        }
        MainstayConfig config = validOrFailure(result, invocation);
        if (mattering > 0) {
            throw new CommandFailure(
                    ExitCode.CONFIGURATION_INVALID,
                    "configuration valid, but not without " + HumanText.count(mattering, "warning"));
        }
        invocation
                .out()
                .println(file + ": valid ("
                        + HumanText.count(config.virtualRouters().size(), "virtual router") + ", "
                        + HumanText.count(config.services().size(), "service") + ", configuration "
                        + EffectiveConfig.hash(config) + ")");
        return ExitCode.DONE;
    }

    /** Prints the mistakes and warnings, and goes on only without mistakes. */
    static MainstayConfig validOrFailure(ConfigResult result, Invocation invocation) {
        return switch (result) {
            case ConfigResult.Valid valid -> {
                printWarnings(valid.warnings(), invocation);
                yield valid.config();
            }
            case ConfigResult.Invalid invalid -> {
                invalid.problems().forEach(invocation.err()::println);
                printWarnings(invalid.warnings(), invocation);
                throw new CommandFailure(
                        ExitCode.CONFIGURATION_INVALID,
                        "configuration invalid: "
                                + HumanText.count(invalid.problems().size(), "mistake"));
            }
        };
    }

    private static void printWarnings(List<ConfigProblem> warnings, Invocation invocation) {
        warnings.forEach(warning -> invocation.err().println("warning: " + warning));
    }

    private static JsonObject json(ConfigResult result) {
        JsonObject json = new JsonObject();
        switch (result) {
            case ConfigResult.Valid valid -> {
                json.addProperty("valid", true);
                json.addProperty("config_hash", EffectiveConfig.hash(valid.config()));
                json.add("problems", new JsonArray());
                json.add("warnings", ReloadJson.problems(valid.warnings()));
            }
            case ConfigResult.Invalid invalid -> {
                json.addProperty("valid", false);
                json.add("problems", ReloadJson.problems(invalid.problems()));
                json.add("warnings", ReloadJson.problems(invalid.warnings()));
            }
        }
        return json;
    }
}
