// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** What native/bpf builds, built when a test first asks for it. */
final class NativeBpfBuild {

    private static final Path OUTPUT = Path.of("target/native/bpf").toAbsolutePath();
    private static boolean built;

    private NativeBpfBuild() {}

    static synchronized Path file(String name) throws IOException, InterruptedException {
        if (!built) {
            run("make", "--no-print-directory", "-s", "-C", "native/bpf", "BUILD=" + OUTPUT);
            built = true;
        }
        return OUTPUT.resolve(name);
    }

    static List<String> run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
