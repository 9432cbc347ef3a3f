// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a key file may hold, and who may read it. */
class KeyFileTest {

    private static final String HEX = "hex:" + "0f".repeat(32);

    @TempDir
    Path folder;

    private static KeyFile parse(String text) {
        return KeyFile.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] octets(KeyFile file) {
        assertThat(file).isInstanceOf(KeyFile.Read.class);
        return ((KeyFile.Read) file).octets();
    }

    private KeyFile file(String text, String permissions) throws IOException {
        Path path = folder.resolve("key");
        Files.writeString(path, text);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        return KeyFile.read(path);
    }

    private static String found(KeyFile file) {
        assertThat(file).isInstanceOf(KeyFile.Unusable.class);
        return ((KeyFile.Unusable) file).found();
    }

    @Test
    void aKeyIsHexadecimalOrItsOwnCharacters() {
        assertThat(octets(parse(HEX + "\n"))).hasSize(32).containsOnly(0x0F);
        assertThat(octets(parse(HEX))).hasSize(32);
        assertThat(octets(parse("hex:" + "FF".repeat(64)))).hasSize(64).containsOnly(0xFF);
        assertThat(octets(parse("correct-horse-battery-staple-0123\n")))
                .isEqualTo("correct-horse-battery-staple-0123".getBytes(StandardCharsets.US_ASCII));
        assertThat(octets(parse("another key of thirty-two octets"))).hasSize(32);
    }

    @Test
    void aKeyOfAnotherLengthIsRefused() {
        assertThat(found(parse(""))).isEqualTo("a key of 0 octets");
        assertThat(found(parse("hex:" + "00".repeat(31)))).isEqualTo("a key of 31 octets");
        assertThat(found(parse("x".repeat(65)))).isEqualTo("a key of 65 octets");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hex:0", "hex:0g", "hex:é"})
    void whatIsNoKeyIsRefusedWithoutRepeatingIt(String text) {
        assertThat(found(parse(text))).doesNotContain(text.substring(4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n\n", "0123456789012345678901234567890\u00E9", "01234567890123456789012345678901\n02\n"})
    void aFileWithMoreThanOneLineOfAsciiIsRefused(String text) {
        assertThat(found(parse(text))).isEqualTo("not one line of printable ASCII characters");
        assertThat(found(parse("x".repeat(300)))).isEqualTo("not one line of printable ASCII characters");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "r--------", "rw-r-----", "r--r-----", "rwx------"})
    void aFileForTheDaemonAloneIsRead(String permissions) throws IOException {
        assertThat(octets(file(HEX, permissions))).hasSize(32);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r--r--", "rw-rw----", "rw----r--", "rw-----w-", "rw------x", "rw---x---"})
    void aFileForOthersIsRefused(String permissions) throws IOException {
        assertThat(found(file(HEX, permissions))).matches("mode [0-7]{3}");
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThat(found(KeyFile.read(folder))).isEqualTo("not a regular file");
        assertThat(found(KeyFile.read(folder.resolve("none")))).isEqualTo("no such file");
    }

    @Test
    void aFileOfAnotherUserIsRefused() throws IOException {
        Path path = folder.resolve("key");
        Files.writeString(path, HEX);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
        boolean root = Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        assumeTrue(root, "needs root to give a file away");
        Files.setAttribute(path, "unix:uid", 12_345);
        assertThat(found(KeyFile.read(path))).isEqualTo("owned by user 12345");
    }
}
