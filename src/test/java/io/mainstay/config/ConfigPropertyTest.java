// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds for every configuration and for every text. A failure names the seed. */
@Tag("property")
class ConfigPropertyTest {

    private static final int CONFIGURATIONS = 1000;
    private static final int MUTATIONS = Integer.getInteger("mainstay.mutations", 10_000);

    @Test
    void theEffectiveFormReadsBackAsAnEqualConfiguration() {
        for (int seed = 0; seed < CONFIGURATIONS; seed++) {
            MainstayConfig config = new RandomConfig(new Random(seed)).next();
            String yaml = EffectiveConfig.toYaml(config);
            ConfigResult result = ConfigFile.parse(yaml, "seed-" + seed, ConfigFileTest.HOST);
            assertThat(result)
                    .as("seed %d:%n%s", seed, yaml)
                    .isEqualTo(new ConfigResult.Valid(config, warnings(result)));
        }
    }

    @Test
    void noTextMakesTheReaderThrowAndWhatItAcceptsReadsBack() {
        int accepted = 0;
        for (int seed = 0; seed < MUTATIONS; seed++) {
            String text = mutate(ConfigDefaultsTest.EVERY_KEY, new Random(seed));
            switch (read(text, seed)) {
                case ConfigResult.Valid valid -> {
                    accepted++;
                    String yaml = EffectiveConfig.toYaml(valid.config());
                    ConfigResult again = read(yaml, seed);
                    assertThat(again)
                            .as("seed %d:%n%s", seed, text)
                            .isEqualTo(new ConfigResult.Valid(valid.config(), warnings(again)));
                }
                case ConfigResult.Invalid invalid ->
                    assertThat(invalid.problems())
                            .as("seed %d:%n%s", seed, text)
                            .isNotEmpty()
                            .allMatch(problem -> problem.toString().indexOf('\n') < 0);
            }
        }
        // Mutations that break everything would prove little.
        assertThat(accepted).isBetween(MUTATIONS / 100, MUTATIONS * 99 / 100);
    }

    private static List<ConfigProblem> warnings(ConfigResult result) {
        return switch (result) {
            case ConfigResult.Valid valid -> valid.warnings();
            case ConfigResult.Invalid invalid -> invalid.warnings();
        };
    }

    private static ConfigResult read(String text, int seed) {
        try {
            return ConfigFile.parse(text, "seed-" + seed, ConfigFileTest.HOST);
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError("seed " + seed + " threw on:\n" + text, e);
        }
    }

    private static final List<String> FRAGMENTS = List.of(
            ": ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            "\n",
            "  ",
            "\t",
            "#",
            "\"",
            "'",
            "&a ",
            "*a",
            "!x ",
            "!!int ",
            "<<",
            "? ",
            "|",
            ">",
            "%",
            "@",
            "`",
            "---\n",
            "...\n",
            "null",
            "~",
            "on",
            "010",
            "-1",
            "99999999999999999999",
            "1e400",
            "\u0000",
            "\u0085",
            "\u2028",
            "\uFEFF",
            "\uD83D\uDE00",
            "\uD800",
            "\\",
            "\\x",
            "/",
            "::",
            "0",
            "9",
            ".",
            "\r",
            "vrid: ",
            "%YAML 99999999999.1\n",
            "0.0.0.0",
            "addresses:\n",
            "\"\\U00110000\"",
            "!<tag:yaml.org,2002:binary> ");

    private static String mutate(String text, Random random) {
        StringBuilder mutated = new StringBuilder(text);
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            int from = random.nextInt(mutated.length() + 1);
            int to = Math.min(mutated.length(), from + random.nextInt(20));
            switch (random.nextInt(6)) {
                case 0 -> mutated.delete(from, to);
                case 1 -> mutated.insert(from, mutated.substring(from, to));
                case 2 -> mutated.replace(from, to, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
                case 3 -> mutated.insert(from, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
                case 4 -> shuffleTwoLines(mutated, random);
                default -> {
                    if (from < mutated.length()) {
                        mutated.setCharAt(from, (char) (32 + random.nextInt(95)));
                    }
                }
            }
        }
        return mutated.toString();
    }

    private static void shuffleTwoLines(StringBuilder text, Random random) {
        List<String> lines = new ArrayList<>(List.of(text.toString().split("\n", -1)));
        Collections.swap(lines, random.nextInt(lines.size()), random.nextInt(lines.size()));
        text.setLength(0);
        text.append(String.join("\n", lines));
    }
}
