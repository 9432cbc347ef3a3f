// SPDX-License-Identifier: Apache-2.0
package io.mainstay.fuzz;

import io.mainstay.config.ConfigDiff;
import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigProblem;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.HostFacts;
import io.mainstay.config.KeyFile;
import io.mainstay.election.wire.AuthenticationKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The reader of mainstay.yaml. An input is the text of a file. */
public final class ConfigurationFuzz {

    private static final HostFacts HOST = new HostFacts(
            "lb1",
            Path.of("/run/mainstay"),
            address -> true,
            program -> "",
            path -> new KeyFile.Read(new byte[AuthenticationKey.SHORTEST]));

    private ConfigurationFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        switch (ConfigFile.parse(text, "f.yaml", HOST)) {
            case ConfigResult.Invalid invalid -> {
                if (invalid.problems().isEmpty()) {
                    throw new AssertionError("refused without a reason");
                }
                checkPlaces(invalid.problems(), text);
                checkPlaces(invalid.warnings(), text);
            }
            case ConfigResult.Valid valid -> {
                checkPlaces(valid.warnings(), text);
                readsBack(valid);
            }
        }
    }

    private static void checkPlaces(List<ConfigProblem> problems, String text) {
        long lines = text.lines().count() + 1;
        for (ConfigProblem problem : problems) {
            Claims.oneLine(problem.toString());
            boolean inFile = problem.line() >= 1 && problem.line() <= lines && problem.column() >= 1;
            boolean ofFile = problem.line() == 0
                    && problem.column() == 0
                    && problem.key().isEmpty();
            if (!inFile && !ofFile) {
                throw new AssertionError("a mistake without place in a text of " + lines + " lines: " + problem);
            }
        }
    }

    private static void readsBack(ConfigResult.Valid valid) {
        String yaml = EffectiveConfig.toYaml(valid.config());
        ConfigResult result = ConfigFile.parse(yaml, "f.yaml", HOST);
        if (!(result instanceof ConfigResult.Valid again) || !again.config().equals(valid.config())) {
            throw new AssertionError("what is in force does not read back: " + yaml + " gives " + result);
        }
        if (!ConfigDiff.between(valid.config(), again.config()).isEmpty()) {
            throw new AssertionError("a configuration differs from itself: " + yaml);
        }
    }
}
