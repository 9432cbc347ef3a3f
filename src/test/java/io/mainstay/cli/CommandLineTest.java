// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.observe.ProductVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** What needs no daemon: usage, help, and the commands about configuration files. */
class CommandLineTest {

    private static final String VALID = """
        virtual_routers:
          - {interface: eth0, vrid: 51, addresses: [198.51.100.10/24]}
        control: {socket: /tmp/c.sock}
        """;

    @TempDir
    Path directory;

    private static Ended run(String... arguments) {
        return CliHarness.run(Map.of(), false, arguments);
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(directory.resolve("m.yaml"), yaml);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | mainstay: a command is missing (expected: init, status, service, backend, persistence, switchover,"
                        + " drain-node, ready-node, config, reload, events, explain, doctor, version)\\n"
                        + "Try: mainstay --help\\n",
                "backend | mainstay: a command is missing"
                        + " (expected: list, check, drain, ready, maint)\\nTry: mainstay backend --help\\n",
                "config | mainstay: a command is missing (expected: check, show, diff, import)\\n"
                        + "Try: mainstay config --help\\n",
                "backend drain | mainstay: Missing required parameter: 'NAME'\\nTry: mainstay backend drain --help\\n",
                "backend drain --timeout 5 x | mainstay: Invalid value for option '--timeout': 5"
                        + " (expected: such as 250ms, 10s, 1m or 1h)\\nTry: mainstay backend drain --help\\n",
                "backend drain x --timeout | mainstay: Missing required parameter for option '--timeout' (DURATION)\\n"
                        + "Try: mainstay backend drain --help\\n",
                "switchover a b | mainstay: b: one argument too many\\nTry: mainstay switchover --help\\n",
                "status --jsno | mainstay: --jsno: no such option\\nPossible solutions: --json\\n",
            })
    void aWrongCommandLineIsToldInOneLineWithAWayOn(String arguments, String err) {
        String[] words = arguments.isEmpty() ? new String[0] : arguments.split(" ");
        assertThat(run(words)).isEqualTo(new Ended(2, "", err.replace("\\n", "\n")));
    }

    @Test
    void aMistypedCommandComesWithTheNearestOnes() {
        Ended ended = run("statsu");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).startsWith("mainstay: statsu: no such command\nDid you mean: mainstay status");
    }

    @TestFactory
    Stream<DynamicTest> everyCommandExplainsItselfAndItsArguments() {
        return allCommands(Mainstay.spec()).stream()
                .map(spec -> DynamicTest.dynamicTest(spec.qualifiedName(), () -> {
                    assertThat(spec.usageMessage().description()).isNotEmpty();
                    assertThat(String.join("\n", spec.usageMessage().footer())).contains("Example", "  mainstay ");
                    for (ArgSpec argument : spec.args()) {
                        assertThat(String.join(" ", argument.description()))
                                .as(argument.toString())
                                .endsWith(".");
                    }
                    String[] words = (spec.qualifiedName() + " --help").split(" ");
                    Ended help = run(List.of(words).subList(1, words.length).toArray(String[]::new));
                    assertThat(help.exitCode()).isZero();
                    assertThat(help.err()).isEmpty();
                    assertThat(help.out()).startsWith("Usage: mainstay ").contains("--json", "--socket");
                    assertThat(help.out().lines()).allMatch(line -> line.length() <= 100);
                    for (String below : spec.subcommands().keySet()) {
                        assertThat(help.out().lines())
                                .as("the list of commands says what %s does", below)
                                .anyMatch(line -> line.matches("  " + below + "  +[A-Z].*"));
                    }
                }));
    }

    private static List<CommandSpec> allCommands(CommandSpec spec) {
        List<CommandSpec> all = new ArrayList<>(List.of(spec));
        spec.subcommands().values().forEach(below -> all.addAll(allCommands(below.getCommandSpec())));
        return all;
    }

    @Test
    void theVersionOfTheProgramNeedsNoDaemon() {
        assertThat(run("--version"))
                .isEqualTo(new Ended(0, "mainstay " + ProductVersion.current().number() + "\n", ""));
    }

    @Test
    void aValidFileIsSummedUp() throws IOException {
        Path file = file(VALID);
        Ended ended = run("config", "check", file.toString());
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out())
                .matches(file + ": valid \\(1 virtual router, 0 services, configuration [0-9a-f]{12}\\)\n");
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void warningsGoToStandardErrorAndDoNotFail() throws IOException {
        Path file = file("services: []\n");
        Ended ended = run("config", "check", file.toString());
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.err())
                .isEqualTo("warning: " + file + ": no virtual router is configured; this node will claim no address\n");
    }

    @Test
    void warningsCountWhereThatIsAskedFor() throws IOException {
        Path file = file("services: []\n");
        assertThat(run("config", "check", "--strict", file.toString()))
                .isEqualTo(new Ended(
                        3,
                        "",
                        "warning: " + file + ": no virtual router is configured; this node will claim no address\n"
                                + "mainstay: configuration valid, but not without 1 warning\n"));
        assertThat(run("config", "check", "--json", "--strict", file.toString()).exitCode())
                .isEqualTo(3);
        assertThat(run("config", "check", "--strict", file(VALID).toString()).exitCode())
                .isZero();
    }

    @Test
    void everyMistakeOfAFileIsTold() throws IOException {
        Path file = file(VALID.replace("vrid: 51", "vrid: 300") + "nodes: {}\n");
        assertThat(run("config", "check", file.toString()))
                .isEqualTo(new Ended(3, "", """
                    FILE:2:29 virtual_routers[0].vrid: 300 (expected: 1..255)
                    FILE:4:1 nodes: unknown key (did you mean node?)
                    mainstay: configuration invalid: 2 mistakes
                    """.replace("FILE", file.toString())));
        assertThat(run("config", "show", "--effective", file.toString()).exitCode())
                .isEqualTo(3);
    }

    @Test
    void aMissingFileIsToldInOneLine() {
        assertThat(run("config", "check", "/nowhere.yaml"))
                .isEqualTo(new Ended(
                        3,
                        "",
                        "/nowhere.yaml: cannot be read: no such file\nmainstay: configuration invalid: 1 mistake\n"));
    }

    @Test
    void theCheckIsAlsoForPrograms() throws IOException {
        Ended invalid = run("--json", "config", "check", file("nodes: {}\n").toString());
        assertThat(invalid.exitCode()).isEqualTo(3);
        assertThat(invalid.err()).isEmpty();
        JsonObject json = JsonParser.parseString(invalid.out()).getAsJsonObject();
        assertThat(json.get("valid").getAsBoolean()).isFalse();
        assertThat(json.getAsJsonArray("problems").get(0))
                .isEqualTo(JsonParser.parseString(
                        "{\"file\":\"%s\",\"line\":1,\"column\":1,\"key\":\"nodes\",\"message\":\"unknown key (did you mean node?)\"}"
                                .formatted(directory.resolve("m.yaml"))));
        Ended valid = run("config", "check", "--json", file(VALID).toString());
        assertThat(valid.exitCode()).isZero();
        json = JsonParser.parseString(valid.out()).getAsJsonObject();
        assertThat(json.get("valid").getAsBoolean()).isTrue();
        assertThat(json.get("config_hash").getAsString()).hasSize(12);
    }

    @Test
    void aFileIsShownInFullAndThatReadsBack() throws IOException {
        Ended first = run("config", "show", "--effective", file(VALID).toString());
        assertThat(first.exitCode()).isZero();
        assertThat(first.out()).contains("    advertisement_interval: 1s\n");
        assertThat(run("config", "show", file(first.out()).toString())).isEqualTo(first);
        assertThat(JsonParser.parseString(
                                run("config", "show", "--json", file(VALID).toString())
                                        .out())
                        .getAsJsonObject()
                        .getAsJsonObject("control")
                        .get("socket")
                        .getAsString())
                .isEqualTo("/tmp/c.sock");
    }

    @Test
    void theProgramItselfPrintsInUtf8AndEndsWithTheExitCode() throws Exception {
        Path file = file("node: {name: ü}\n");
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Mainstay.class.getName(),
                        "config",
                        "check",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(3);
        assertThat(printed)
                .contains("node.name: ü (expected: ")
                .endsWith("mainstay: configuration invalid: 1 mistake\n");
    }
}
