// SPDX-License-Identifier: Apache-2.0
package io.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What keeps two compilations of the same source from giving the same octets. */
class ReproducibleClassesTest {

    /**
     * For {@code boxed[i]++} javac makes local variables and names them by identity hash codes (com.sun.tools.javac.comp.Lower),
     * other ones each time.
     */
    private static final Pattern NAMED_BY_CHANCE = Pattern.compile("\\$[0-9]{6,}");

    @Test
    void noVariableHasANameByChance() throws IOException, URISyntaxException {
        Path classes = Path.of(IpAddress.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".class"))
                    .filter(ReproducibleClassesTest::isNamedByChance)
                    .map(classes::relativize)
                    .toList();
            assertThat(found)
                    .as("classes with a boxed element that is incremented")
                    .isEmpty();
        }
    }

    private static boolean isNamedByChance(Path file) {
        try {
            return NAMED_BY_CHANCE
                    .matcher(Files.readString(file, StandardCharsets.ISO_8859_1))
                    .find();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
