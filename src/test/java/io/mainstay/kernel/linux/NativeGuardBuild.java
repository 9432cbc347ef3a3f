// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds programs of native/guard, and runs programs to their end. */
final class NativeGuardBuild {

    private static final Path FOLDER = Path.of("target", "guard").toAbsolutePath();

    private NativeGuardBuild() {}

    /** Makes a program of native/guard, unless it is there already, and returns where it is. */
    static Path program(String name) throws IOException, InterruptedException {
        Path program = FOLDER.resolve(name);
        run("make", "-s", "-C", "native/guard", "BUILD=" + FOLDER, program.toString());
        return program;
    }

    /** What a program says; it must succeed. */
    static List<String> run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(new ArrayList<>(Arrays.asList(command)))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", String.join(" ", command), said)
                .isZero();
        return said.lines().toList();
    }
}
