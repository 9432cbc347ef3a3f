// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A JVM under the real mainstay-guard, in a network namespace of its own. Needs root. */
@Tag("native")
@Timeout(120)
class GuardedNodeTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String ADDRESS = "198.18.0.10/24";

    @TempDir
    private Path folder;

    private Process guard;
    private BufferedReader output;
    private String node;

    @BeforeEach
    void start() throws Exception {
        String script = "ip link add g0 type veth peer name g1 && ip link set g1 up && ip link set g0 up"
                + " && ip address add 198.18.0.1/24 dev g0 && ip address add " + ADDRESS + " dev g0 && exec \"$@\"";
        guard = new ProcessBuilder(
                        "unshare",
                        "--net",
                        "sh",
                        "-c",
                        script,
                        "sh",
                        NativeGuardBuild.program("mainstay-guard").toString(),
                        "--",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        GuardedNode.class.getName(),
                        "g0",
                        ADDRESS,
                        "2000")
                .redirectError(folder.resolve("stderr").toFile())
                .start();
        output = guard.inputReader(StandardCharsets.UTF_8);
        node = expect("ready").substring("ready ".length());
    }

    @AfterEach
    void end() {
        guard.children().forEach(ProcessHandle::destroyForcibly);
        guard.destroyForcibly();
    }

    private String expect(String start) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(start)) {
                return line;
            }
        }
        throw new AssertionError("the node ended without saying " + start + ": " + stderr());
    }

    private String stderr() throws IOException {
        return Files.readString(folder.resolve("stderr"));
    }

    private void signal(String name) throws Exception {
        NativeGuardBuild.run("kill", "-" + name, node);
    }

    private boolean nodeHasAddress() throws Exception {
        String pid = Long.toString(guard.pid());
        return NativeGuardBuild.run("nsenter", "-t", pid, "-n", "ip", "-o", "address", "show", "dev", "g0").stream()
                .anyMatch(line -> line.contains(ADDRESS));
    }

    @Test
    void frozenNodeLosesItsAddressAndLearnsItWhenItWakes() throws Exception {
        assertThat(nodeHasAddress()).isTrue();
        signal("STOP");
        await().atMost(PATIENCE).until(() -> !nodeHasAddress());
        signal("CONT");
        assertThat(expect("fenced")).isEqualTo("fenced PROCESS_STOPPED");
        assertThat(expect("acknowledged")).isEqualTo("acknowledged");
        signal("TERM");
        assertThat(guard.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(stderr()).contains("removed 1 of 1 addresses and sent 1 of 1 resignations");
    }

    @Test
    void killedNodeIsFencedAndItsDeathIsTold() throws Exception {
        assertThat(nodeHasAddress()).isTrue();
        signal("KILL");
        assertThat(guard.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(guard.exitValue()).isEqualTo(137);
        assertThat(stderr())
                .contains("removed 1 of 1 addresses and sent 1 of 1 resignations")
                .contains("the daemon was killed by signal 9");
    }
}
