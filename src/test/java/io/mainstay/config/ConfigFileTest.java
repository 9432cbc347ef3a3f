// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.AuthenticationKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a file is read and how its mistakes are told: places, syntax, types, unknown keys. */
class ConfigFileTest {

    /** Each key file there is holds a key of its own; those below /missing are not there. */
    static final HostFacts HOST =
            new HostFacts("lb9", Path.of("/run/mainstay"), address -> false, program -> "", ConfigFileTest::keyFile);

    private static KeyFile keyFile(String path) {
        return path.startsWith("/missing/")
                ? new KeyFile.Unusable("no such file", "a file with a key")
                : new KeyFile.Read(octetsIn(path));
    }

    private static byte[] octetsIn(String path) {
        return Arrays.copyOf(path.getBytes(StandardCharsets.UTF_8), 32);
    }

    /** The key that a file gives. */
    static AuthenticationKey keyIn(int id, String path) {
        return new AuthenticationKey(id, octetsIn(path));
    }

    private static final String ROUTER = """
            virtual_routers:
              - interface: eth0
                vrid: 51
                addresses: [198.51.100.10/24]
            """;

    static MainstayConfig valid(String yaml) {
        return switch (ConfigFile.parse(yaml, "f.yaml", HOST)) {
            case ConfigResult.Valid valid -> valid.config();
            case ConfigResult.Invalid invalid -> throw new AssertionError(invalid.problems());
        };
    }

    static List<String> warnings(String yaml) {
        ConfigResult result = ConfigFile.parse(yaml, "f.yaml", HOST);
        assertThat(result).isInstanceOf(ConfigResult.Valid.class);
        return ((ConfigResult.Valid) result)
                .warnings().stream().map(ConfigProblem::toString).toList();
    }

    static List<String> problems(String yaml) {
        return problems(ConfigFile.parse(yaml, "f.yaml", HOST));
    }

    private static List<String> problems(ConfigResult result) {
        return switch (result) {
            case ConfigResult.Valid valid -> List.of();
            case ConfigResult.Invalid invalid ->
                invalid.problems().stream().map(ConfigProblem::toString).toList();
        };
    }

    private static String resource(String name) {
        try (var in = Objects.requireNonNull(ConfigFileTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyMistakeOfABadFileIsNamedAtItsPlaceInOrder() {
        ConfigResult result = ConfigFile.parse(resource("mistakes.yaml"), "mistakes.yaml", HOST);
        assertThat(String.join("\n", problems(result)) + "\n").isEqualTo(resource("mistakes.expected"));
    }

    @Test
    void theShippedExampleIsValidAndClaimsNoAddress() {
        ConfigResult result = ConfigFile.load(Path.of("etc/mainstay/mainstay.yaml"), HOST);
        assertThat(result).isInstanceOf(ConfigResult.Valid.class);
        MainstayConfig config = ((ConfigResult.Valid) result).config();
        assertThat(config.virtualRouters()).isEmpty();
        assertThat(config.services()).isEmpty();
    }

    @Test
    void theShippedExampleIsValidOnceItsCommentsAreUncovered() throws IOException {
        String shipped = Files.readString(Path.of("etc/mainstay/mainstay.yaml"));
        MainstayConfig config = valid(shipped.replaceAll("(?m)^  # ", "  "));
        assertThat(config.node().name()).isEqualTo("lb1");
        assertThat(config.virtualRouters()).hasSize(1);
        assertThat(config.services()).hasSize(1);
        assertThat(config.services().getFirst().service().backends()).hasSize(2);
    }

    @Test
    void aPartOfWhichAllIsCommentedOutIsAsIfItWereNotThere() {
        assertThat(valid("node:\nvirtual_routers:\n  # - name: web\nservices:\ncontrol:\n")
                        .virtualRouters())
                .isEmpty();
        assertThat(problems("kernel_engine:\n  source_addresses:\n"))
                .as("further below it is a mistake")
                .isNotEmpty();
        assertThat(problems("services: !none\n"))
                .containsExactly("f.yaml:1:11 services: !none (expected: a list of entries, or [] for none)");
    }

    @Test
    void aYamlErrorIsToldWithItsPlace() {
        assertThat(problems("virtual_routers:\n  - name: [web\n    vrid: 51\n"))
                .singleElement()
                .asString()
                .startsWith("f.yaml:3:9 not YAML: ");
    }

    @Test
    void aSecondDocumentIsRefused() {
        assertThat(problems("node: {}\n---\nnode: {}\n"))
                .singleElement()
                .asString()
                .startsWith("f.yaml:2:1 not YAML: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing\n", "---\n...\n"})
    void anEmptyFileIsRefused(String yaml) {
        assertThat(problems(yaml)).singleElement().asString().startsWith("f.yaml");
    }

    @Test
    void aFileThatIsNotAMappingIsRefused() {
        assertThat(problems("- a\n- b\n"))
                .containsExactly(
                        "f.yaml:1:1 a list (expected: keys node, virtual_routers, services, kernel_engine, control)");
        assertThat(problems("hello\n"))
                .containsExactly(
                        "f.yaml:1:1 hello (expected: keys node, virtual_routers, services, kernel_engine, control)");
    }

    @Test
    void aMissingFileADirectoryAndAFileTooLargeAreToldWithoutAPlace(@TempDir Path directory) throws IOException {
        Path missing = directory.resolve("missing.yaml");
        assertThat(problems(ConfigFile.load(missing, HOST)))
                .containsExactly(missing + ": cannot be read: no such file");
        assertThat(problems(ConfigFile.load(directory, HOST)))
                .containsExactly(directory + ": cannot be read: Is a directory");
        Path large = Files.writeString(directory.resolve("large.yaml"), "#".repeat(ConfigFile.LARGEST_BYTES + 1));
        assertThat(problems(ConfigFile.load(large, HOST)))
                .containsExactly(large + ": too large (expected: at most 1048576 bytes)");
    }

    @Test
    void aByteThatIsNotUtf8IsToldWithItsPlace(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("latin1.yaml");
        Files.write(file, "node:\n  name: l\u00fcb\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(problems(ConfigFile.load(file, HOST)))
                .containsExactly(file + ":2:10 not UTF-8 (expected: a text file in UTF-8)");
    }

    @Test
    void aFileThatEndsInTheMiddleOfACharacterIsRefused(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("cut.yaml");
        Files.write(file, new byte[] {'#', (byte) 0xC3});
        assertThat(problems(ConfigFile.load(file, HOST)))
                .containsExactly(file + ":1:2 not UTF-8 (expected: a text file in UTF-8)");
    }

    @Test
    void aByteOrderMarkIsPassedOver(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("bom.yaml"), "\uFEFF" + ROUTER);
        assertThat(ConfigFile.load(file, HOST)).isInstanceOf(ConfigResult.Valid.class);
    }

    @Test
    void aControlCharacterIsToldWithItsPlace() {
        assertThat(problems("node:\n  name: a\u0007b\n"))
                .containsExactly("f.yaml:2:10 not YAML: the character U+0007 (expected: printable characters)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "priority: 010     | priority: 010 (expected: 1..255, in decimal digits without a leading zero)",
                "priority: 0x33    | priority: 0x33 (expected: 1..255, in decimal digits without a leading zero)",
                "priority: 1_0     | priority: 1_0 (expected: 1..255, in decimal digits without a leading zero)",
                "priority: 1:30    | priority: 1:30 (expected: 1..255, in decimal digits without a leading zero)",
                "priority: +5      | priority: +5 (expected: 1..255)",
                "priority: 1e2     | priority: 1e2 (expected: 1..255)",
                "priority: 5.0     | priority: 5.0 (expected: 1..255)",
                "priority: 99999999999 | priority: 99999999999 (expected: 1..255)",
                "priority: \"5\" | priority: \"5\" (expected: 1..255, without quotes)",
                "priority: ~       | priority: ~ (expected: 1..255)",
                "priority:         | priority: (empty) (expected: 1..255)",
                "priority: [5]     | priority: a list (expected: 1..255)",
                "priority: {a: 5}  | priority: keys (expected: 1..255)",
                "priority: !x 5    | priority: !x (expected: 1..255)",
                "preempt: yes      | preempt: yes (expected: true or false)",
                "preempt: on       | preempt: on (expected: true or false)",
                "preempt: no       | preempt: no (expected: true or false)",
                "preempt: True     | preempt: True (expected: true or false)",
                "preempt: \"true\" | preempt: \"true\" (expected: true or false, without quotes)",
                "preempt_delay: 10 | preempt_delay: 10 (expected: 0s..24h, such as 250ms, 10s or 1m)",
                "preempt_delay: 1:30 | preempt_delay: 1:30 (expected: 0s..24h, such as 250ms, 10s or 1m)",
                "preempt_delay: -1s  | preempt_delay: -1s (expected: 0s..24h, such as 250ms, 10s or 1m)",
                "advertisement_interval: 5ms | advertisement_interval: 5ms"
                        + " (expected: 10ms..40.95s in steps of 10ms, such as 100ms or 1s)",
                "advertisement_interval: 41s | advertisement_interval: 41s"
                        + " (expected: 10ms..40.95s in steps of 10ms, such as 100ms or 1s)",
                "version: 4        | version: 4 (expected: 2..3)",
                "announce: {refresh: 1ms} | announce.refresh: 1ms (expected: 1s..24h, or 0s for none)",
            })
    void aValueIsReadFromItsTextAndNotAsYaml11Would(String line, String expected) {
        assertThat(problems(ROUTER + "    " + line + "\n"))
                .singleElement()
                .asString()
                .endsWith(" virtual_routers[0]." + expected);
    }

    @Test
    void wordsThatYaml11TakesForBooleansAreGoodNames() {
        assertThat(valid("node: {name: no}\n" + ROUTER).node().name()).isEqualTo("no");
        assertThat(valid("node: {name: 010}\n" + ROUTER).node().name()).isEqualTo("010");
        assertThat(valid("node: {name: \"on\"}\n" + ROUTER).node().name()).isEqualTo("on");
    }

    @Test
    void anUnknownKeyComesWithTheNearestKnownOne() {
        assertThat(problems(ROUTER + "    adresses: []\n"))
                .containsExactly("f.yaml:5:5 virtual_routers[0].adresses: unknown key (did you mean addresses?)");
        assertThat(problems(ROUTER + "    Preempt: true\n"))
                .containsExactly("f.yaml:5:5 virtual_routers[0].Preempt: unknown key (did you mean preempt?)");
        assertThat(problems(ROUTER + "vrid: 5\n"))
                .containsExactly("f.yaml:5:1 vrid: unknown key (did you mean virtual_routers[].vrid?)");
        assertThat(problems(ROUTER + "zzz: 5\n"))
                .containsExactly(
                        "f.yaml:5:1 zzz: unknown key (expected: one of node, virtual_routers, services, kernel_engine, control)");
        assertThat(problems(ROUTER + "<<: {a: 1}\n")).singleElement().asString().contains("<<: unknown key");
    }

    @Test
    void aKeyGivenTwiceIsRefused() {
        assertThat(problems(ROUTER + "    vrid: 52\n"))
                .containsExactly("f.yaml:5:5 virtual_routers[0].vrid: given twice"
                        + " (expected: once; the first is in line 3)");
    }

    @Test
    void aKeyThatIsNoWordIsRefused() {
        assertThat(problems("? [a, b]\n: c\n"))
                .containsExactly(
                        "f.yaml:1:3 a list as a key (expected: one of node, virtual_routers, services, kernel_engine, control)");
    }

    @Test
    void aMissingKeyIsNamedAtTheEntryThatLacksIt() {
        assertThat(problems("virtual_routers:\n  - name: web\n    vrid: 51\n"))
                .containsExactly(
                        "f.yaml:2:5 virtual_routers[0].addresses: missing (expected: a list of 1..510, each the"
                                + " address of a host (no loopback, no multicast) with its prefix length, such as 198.51.100.10/24 or 2001:db8::10/64)",
                        "f.yaml:2:5 virtual_routers[0].interface: missing"
                                + " (expected: an interface name: 1..15 printable characters without / and :)");
    }

    @Test
    void anEmptyPlaceForAListIsRefused() {
        assertThat(problems(ROUTER.replace("[198.51.100.10/24]", "[]")))
                .containsExactly("f.yaml:4:16 virtual_routers[0].addresses: 0 entries (expected: 1..510 of them)");
        assertThat(problems(ROUTER.replace("[198.51.100.10/24]", "198.51.100.10/24")))
                .singleElement()
                .asString()
                .contains("addresses: 198.51.100.10/24 (expected: a list of 1..510");
    }

    @Test
    void aliasesWorkAndATreeThatContainsItselfDoesNoHarm() {
        assertThat(valid(ROUTER + "node: &n {name: a}\ncontrol: {}\n").node().name())
                .isEqualTo("a");
        assertThat(problems("virtual_routers: &a\n  - *a\n")).isNotEmpty();
        assertThat(problems("&a node: *a\n")).isNotEmpty();
    }

    @Test
    void manyAliasesOfLargeListsAreRefused() {
        StringBuilder yaml = new StringBuilder("node: {}\nx0: &x0 [a, a]\n");
        for (int i = 1; i < 100; i++) {
            yaml.append("x%d: &x%d [*x%d, *x%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThat(problems(yaml.toString())).singleElement().asString().startsWith("f.yaml: not YAML: ");
    }

    @Test
    void deepNestingIsRefused() {
        assertThat(problems("node: " + "[".repeat(10_000) + "]".repeat(10_000)))
                .singleElement()
                .asString()
                .contains("not YAML: ");
    }

    @Test
    void aFileOfGarbageGivesABoundedNumberOfMistakes() {
        StringBuilder yaml = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            yaml.append("key").append(i).append(": 1\n");
        }
        assertThat(problems(yaml.toString()))
                .hasSize(Problems.MOST_KEPT + 1)
                .last()
                .isEqualTo("f.yaml: 4800 more mistakes are not shown");
    }

    @Test
    void aValueIsShownOnOneLineAndCutShort() {
        assertThat(problems("node: {name: \"a\\nb\\e[31m" + "x".repeat(100) + "\"}\n"))
                .singleElement()
                .asString()
                .contains("node.name: a\\nb\\u001b[31mxxxxx")
                .contains("x… (expected: ")
                .doesNotContain("\n", "\u001b");
    }
}
