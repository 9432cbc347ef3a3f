// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody wrote is never lost. */
class ConfigTargetTest {

    private static final String EDITED = "node: {name: precious}\n";

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("mainstay.yaml");
    }

    private String content(String name) throws IOException {
        return Files.readString(directory.resolve(name));
    }

    private Stream<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList().stream();
        }
    }

    @Test
    void aNewFileIsForItsGroupAndNobodyElse() throws IOException {
        assertThat(ConfigTarget.of(file(), false).write("new\n")).isEmpty();
        assertThat(content("mainstay.yaml")).isEqualTo("new\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-r-----");
        assertThat(Files.getAttribute(file(), "posix:group")).isEqualTo(Files.getAttribute(directory, "posix:group"));
        assertThat(names()).containsExactly("mainstay.yaml");
    }

    @Test
    void theFileOfThePackageIsReplacedAndKept() throws IOException {
        String shipped = Files.readString(Path.of("etc/mainstay/mainstay.yaml"));
        Files.writeString(file(), shipped);
        assertThat(ConfigTarget.of(file(), false).write("new\n")).contains(directory.resolve("mainstay.yaml.bak"));
        assertThat(content("mainstay.yaml")).isEqualTo("new\n");
        assertThat(content("mainstay.yaml.bak")).isEqualTo(shipped);
    }

    @Test
    void anEditedFileStays() throws IOException {
        for (String edited : new String[] {EDITED, "not: a: configuration", ""}) {
            Files.writeString(file(), edited);
            assertThatExceptionOfType(CommandFailure.class)
                    .isThrownBy(() -> ConfigTarget.of(file(), false))
                    .withMessageContaining("exists and has been edited");
            assertThat(content("mainstay.yaml")).isEqualTo(edited);
        }
    }

    @Test
    void byForceItIsReplacedAndEachIsKept() throws IOException {
        Files.writeString(file(), EDITED);
        assertThat(ConfigTarget.of(file(), true).write("one\n")).contains(directory.resolve("mainstay.yaml.bak"));
        assertThat(ConfigTarget.of(file(), true).write("two\n")).contains(directory.resolve("mainstay.yaml.bak2"));
        assertThat(content("mainstay.yaml")).isEqualTo("two\n");
        assertThat(content("mainstay.yaml.bak")).isEqualTo(EDITED);
        assertThat(content("mainstay.yaml.bak2")).isEqualTo("one\n");
    }

    @Test
    void aLinkStaysAndWhatItLeadsToIsReplaced() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real")).resolve("there.yaml");
        Files.writeString(real, EDITED);
        Files.createSymbolicLink(file(), real);
        ConfigTarget.of(file(), true).write("new\n");
        assertThat(file()).isSymbolicLink();
        assertThat(Files.readString(real)).isEqualTo("new\n");
        assertThat(Files.readString(real.resolveSibling("there.yaml.bak"))).isEqualTo(EDITED);
    }

    @Test
    void aDirectoryThatIsNotThereIsTold() {
        assertThatExceptionOfType(CommandFailure.class)
                .isThrownBy(() -> ConfigTarget.of(directory.resolve("none/f.yaml"), true))
                .withMessage(directory + "/none/f.yaml: its directory is not there");
    }
}
