// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigReference;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/**
 * The manual and the completion that are made from the command line. {@code ./dev package} has them written where the
 * property {@code mainstay.manual.directory} says.
 */
class ManualTest {

    private static final @Nullable String DIRECTORY = System.getProperty("mainstay.manual.directory");

    @Test
    void everyCommandHasAPage() throws IOException {
        Map<String, String> pages = new TreeMap<>();
        addPages(new CommandLine(Mainstay.spec()), pages);
        assertThat(pages)
                .containsKeys(
                        "mainstay",
                        "mainstay-status",
                        "mainstay-config-check",
                        "mainstay-backend-drain",
                        "mainstay-explain-flow");
        assertThat(pages)
                .allSatisfy((name, page) -> assertThat(page)
                        .startsWith("// tag::picocli-generated-full-manpage[]")
                        .contains("= " + name + "(1)", "== Name", "== Synopsis", "== Options"));
        assertThat(pages.get("mainstay"))
                .endsWith(
                        "== See also\n\nmainstay-init(1), mainstay-status(1), mainstay-service(1), mainstay-backend(1),"
                                + " mainstay-persistence(1), mainstay-switchover(1), mainstay-drain-node(1), mainstay-ready-node(1),"
                                + " mainstay-config(1), mainstay-reload(1), mainstay-events(1), mainstay-explain(1),"
                                + " mainstay-doctor(1), mainstay-version(1), mainstay.yaml(5), mainstayd(8)\n");
        assertThat(pages.get("mainstay")).contains("== Exit status\n");
        assertThat(pages.get("mainstay-status"))
                .contains("== Examples\n\n----\nmainstay status\nmainstay status --json | jq");
        assertThat(pages.get("mainstay-explain")).endsWith("== See also\n\nmainstay(1), mainstay-explain-flow(1)\n");
        for (Map.Entry<String, String> page : pages.entrySet()) {
            write(page.getKey() + ".1.adoc", page.getValue());
        }
    }

    @Test
    void thePageOfTheConfigurationHasEveryKey() throws IOException {
        String keys = ConfigReference.toAsciidoc();
        assertThat(keys.lines())
                .contains("=== virtual_routers.announce", "*advertisement_interval*::", "*drain_timeout*::");
        assertThat(keys.lines().filter(line -> line.startsWith("=== ")))
                .hasSameSizeAs(ConfigReference.toMarkdown()
                        .lines()
                        .filter(line -> line.startsWith("## "))
                        .toList());
        write("keys.inc", keys);
    }

    @Test
    void theCompletionKnowsCommandsAndOptions() throws IOException {
        String script = AutoComplete.bash("mainstay", new CommandLine(Mainstay.spec()));
        // It is sourced, not run, and would otherwise bear the time at which it was made.
        script = script.replaceFirst("^#!.*\n", "");
        assertThat(script).contains("complete -F _complete_mainstay", "switchover", "--wait", "drain");
        assertThat(script).doesNotContain("/bin/bash\n#!");
        write("mainstay.bash", script);
    }

    private static void addPages(CommandLine line, Map<String, String> pages) {
        CommandSpec spec = line.getCommandSpec();
        StringWriter page = new StringWriter();
        ManPageGenerator.writeSingleManPage(new PrintWriter(page, true), spec);
        pages.put(
                spec.qualifiedName("-"),
                page.toString().replaceFirst("==  ?Exit codes:", "== Exit status") + "\n== Examples\n\n----\n"
                        + examples(spec) + "----\n\n== See also\n\n" + seeAlso(spec) + "\n");
        line.getSubcommands().values().forEach(member -> addPages(member, pages));
    }

    /** The lines that the help has indented at its end, which the generator leaves out. */
    private static String examples(CommandSpec spec) {
        return Stream.of(spec.usageMessage().footer())
                .filter(line -> line.startsWith("  "))
                .map(line -> line.substring(2) + "\n")
                .collect(Collectors.joining());
    }

    /** The page above and those below; at the top those of the configuration and the daemon, too. */
    private static String seeAlso(CommandSpec spec) {
        CommandSpec above = spec.parent();
        return Stream.of(
                        Stream.ofNullable(above).map(it -> it.qualifiedName("-") + "(1)"),
                        spec.subcommands().values().stream()
                                .map(below -> below.getCommandSpec().qualifiedName("-") + "(1)"),
                        above == null ? Stream.of("mainstay.yaml(5)", "mainstayd(8)") : Stream.<String>of())
                .flatMap(names -> names)
                .collect(Collectors.joining(", "));
    }

    private static void write(String name, String text) throws IOException {
        if (DIRECTORY != null) {
            Files.writeString(Path.of(DIRECTORY, name), text);
        }
    }
}
