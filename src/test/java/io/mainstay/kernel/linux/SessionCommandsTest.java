// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs, run by the real {@code mainstay-run}. */
class SessionCommandsTest {

    private static final Duration AMPLE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(100);

    private static SessionCommands commands = new SessionCommands(Path.of("/nonexistent"));

    @TempDir
    private Path scratch = Path.of("");

    @BeforeAll
    static void build() throws IOException, InterruptedException {
        Path folder = Path.of("target", "run").toAbsolutePath();
        Path runner = folder.resolve("mainstay-run");
        NativeGuardBuild.run("make", "-s", "-C", "native/run", "BUILD=" + folder, runner.toString());
        commands = new SessionCommands(runner);
    }

    private CommandResult shell(String script, Duration timeout) {
        return commands.run(new Command(
                List.of("/bin/sh", "-c", script),
                Map.of(
                        "MAINSTAY_STATE",
                        "ACTIVE",
                        "NOTES",
                        scratch.resolve("notes").toString()),
                timeout));
    }

    private CommandResult.Ended ended(String script) {
        CommandResult result = shell(script, AMPLE);
        assertThat(result).isInstanceOf(CommandResult.Ended.class);
        return (CommandResult.Ended) result;
    }

    @Test
    void theStatusAndTheLastLineAreTold() {
        CommandResult.Ended result = ended("echo one; echo '  two words  '; echo; exit 3");
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.isSuccess()).isFalse();
        assertThat(result.sentence()).isEqualTo("exit status 3: two words");
        assertThat(ended("exit 0").isSuccess()).isTrue();
        assertThat(ended("exit 0").sentence()).isEqualTo("exit status 0");
        assertThat(ended("echo wrong >&2; exit 1").lastLine()).isEqualTo("wrong");
    }

    @Test
    void whatCannotBePrintedIsReplacedAndAllIsBounded() {
        assertThat(ended("printf 'a\\033[31mb\\n'").lastLine()).isEqualTo("a?[31mb");
        assertThat(ended("head -c 300000 /dev/zero | tr '\\0' x").lastLine()).hasSize(200);
    }

    @Test
    void theEnvironmentIsWhatWasGivenAndAPath() {
        ended("env >$NOTES");
        assertThat(scratch.resolve("notes"))
                .content()
                .contains("MAINSTAY_STATE=ACTIVE\n", "PATH=/usr/local/sbin:")
                .doesNotContain("JAVA", "HOME=", "LANG=");
    }

    @Test
    void itRunsInTheRootDirectory() {
        assertThat(ended("pwd").lastLine()).isEqualTo("/");
    }

    @Test
    void atTheTimeoutEverythingThatItStartedIsEnded() throws IOException {
        CommandResult result = shell("sleep 1000 & echo $! >$NOTES; echo $$ >>$NOTES; echo waiting; wait", SHORT);
        assertThat(result).isInstanceOf(CommandResult.TimedOut.class);
        assertThat(result.sentence()).isEqualTo("ended after its timeout of 100ms: waiting");
        assertThat(result.duration()).isGreaterThanOrEqualTo(SHORT);
        for (String process : Files.readAllLines(scratch.resolve("notes"))) {
            await().atMost(AMPLE)
                    .until(() -> ProcessHandle.of(Long.parseLong(process))
                            .filter(ProcessHandle::isAlive)
                            .isEmpty());
        }
    }

    @Test
    void whatItLeavesInTheBackgroundIsNotWaitedFor() throws IOException {
        CommandResult.Ended result = ended("sleep 1000 & echo $! >$NOTES; echo started");
        assertThat(result.lastLine()).isEqualTo("started");
        long left = Long.parseLong(Files.readString(scratch.resolve("notes")).strip());
        Optional<ProcessHandle> sleep = ProcessHandle.of(left);
        assertThat(sleep).isPresent();
        sleep.get().destroyForcibly();
    }

    @Test
    void moreOutputThanAPipeHoldsDoesNotStopIt() {
        assertThat(ended("i=0; while [ $i -lt 3000 ]; do echo line $i of a hundred octets or so, to fill the pipe well"
                                + " beyond its brim; i=$((i + 1)); done")
                        .lastLine())
                .startsWith("line 2999 ");
    }

    @Test
    void whatIsNotThereIsSaidSo() {
        CommandResult missing = commands.run(new Command(List.of("/nonexistent/check"), Map.of(), AMPLE));
        assertThat(missing.isSuccess()).isFalse();
        assertThat(missing.sentence()).startsWith("exit status 127: /nonexistent/check: No such file");
        CommandResult unrunnable =
                new SessionCommands(Path.of("/nonexistent")).run(new Command(List.of("/bin/true"), Map.of(), AMPLE));
        assertThat(unrunnable.isSuccess()).isFalse();
        assertThat(unrunnable.sentence()).startsWith("cannot be run: ");
    }

    @Test
    void anInterruptEndsIt() throws InterruptedException {
        Thread thread = Thread.ofPlatform()
                .start(() -> assertThat(shell("echo here >$NOTES; sleep 1000", AMPLE.multipliedBy(100))
                                .sentence())
                        .isEqualTo("cannot be run: the daemon stops"));
        await().atMost(AMPLE).until(() -> Files.exists(scratch.resolve("notes")));
        thread.interrupt();
        assertThat(thread.join(AMPLE)).isTrue();
    }
}
