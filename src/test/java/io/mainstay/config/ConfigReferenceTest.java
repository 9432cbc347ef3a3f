// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigReferenceTest {

    private static final Path PAGE = Path.of("docs/configuration.md");

    private static final String HEAD = """
            # Configuration

            One YAML file, `/etc/mainstay/mainstay.yaml`. Only `virtual_routers` with an address and `services` with a listener
            and backends are needed; everything else has a default. Durations are written `250ms`, `10s`, `1m`, `1h`.

            - `mainstay config check FILE` names every mistake at once, each as `file:line:column key: value (expected …)`.
              An unknown key is a mistake, and the nearest known one is named. A daemon does not start with such a file.
            - `mainstay config show --effective FILE` prints every key with the value in force.

            This page is made from the table by which the file is read (`./dev docs`).

            """;

    @Test
    void thePageSaysWhatTheTableSays() throws IOException {
        String expected = HEAD + ConfigReference.toMarkdown();
        if (Boolean.getBoolean("mainstay.docs.write")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(PAGE)
                .as("%s is made from the table; to make it anew: ./dev docs", PAGE)
                .content()
                .isEqualTo(expected);
    }
}
