// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example of a configuration in the manual can be used, and nothing is to be said against it. */
class DocumentedExamplesTest {

    private static final Pattern EXAMPLE = Pattern.compile("^```yaml\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    /** What keys of a virtual router alone lack to be a file. */
    private static final String REST_OF_A_ROUTER = """
            virtual_routers:
              - interface: eth0
                vrid: 51
                addresses: [198.51.100.10/24]
            """;

    /** What keys of a service alone lack to be a file. */
    private static final String REST_OF_A_SERVICE = """
            services:
              - listen: 198.51.100.10:80
                backends: [{address: "10.0.0.11:80"}, {address: "10.0.0.12:80"}]
            """;

    /** An example has services and not always the virtual routers whose addresses they use. */
    private static final Pattern OF_A_FRAGMENT =
            Pattern.compile(".*(no virtual router is configured|no client will arrive there).*");

    record Example(String page, int line, String yaml) {

        @Override
        public String toString() {
            return page + ":" + line;
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(
                            Stream.of(Path.of("README.md")),
                            docs.filter(page -> page.toString().endsWith(".md")))
                    .sorted()
                    .toList();
        }
    }

    static List<Example> examples() throws IOException {
        return pages().stream().flatMap(DocumentedExamplesTest::examplesOf).toList();
    }

    private static Stream<Example> examplesOf(Path page) {
        String text;
        try {
            text = Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return EXAMPLE.matcher(text)
                .results()
                .map(found -> new Example(
                        page.toString(),
                        (int) text.substring(0, found.start()).lines().count() + 1,
                        found.group(1)));
    }

    /** An example that is indented is about keys of a service, or of a virtual router. */
    private static String file(String yaml) {
        if (!yaml.startsWith("    ")) {
            return yaml;
        }
        String ofService = REST_OF_A_SERVICE + yaml;
        return ConfigFileTest.problems(ofService).isEmpty() ? ofService : REST_OF_A_ROUTER + yaml;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void anExampleIsAConfigurationThatWorksWell(Example example) {
        String file = file(example.yaml());
        assertThat(ConfigFileTest.problems(file)).isEmpty();
        assertThat(ConfigFileTest.warnings(file))
                .allMatch(warning -> OF_A_FRAGMENT.matcher(warning).matches());
    }

    @Test
    void thereAreExamples() throws IOException {
        assertThat(examples()).extracting(Example::page).contains("README.md", "docs/balancing.md", "docs/traffic.md");
    }
}
