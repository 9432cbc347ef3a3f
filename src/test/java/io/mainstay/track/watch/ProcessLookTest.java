// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.ProcessTracker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessLookTest {

    @TempDir
    private Path proc = Path.of("");

    private void process(int number, String comm, char state, String commandLine) throws IOException {
        Path folder = Files.createDirectories(proc.resolve(Integer.toString(number)));
        Files.writeString(folder.resolve("comm"), comm + "\n");
        Files.writeString(folder.resolve("stat"), number + " (" + comm + ") " + state + " 1 1 1 0 -1");
        Files.writeString(folder.resolve("cmdline"), commandLine);
    }

    private Observation look(String name) {
        return new ProcessLook(new ProcessTracker(name, Optional.empty(), TrackBench.AT_ONCE, TrackBench.fault()), proc)
                .look();
    }

    private Observation lookByFile(Path file) {
        return new ProcessLook(
                        new ProcessTracker("api", Optional.of(file.toString()), TrackBench.AT_ONCE, TrackBench.fault()),
                        proc)
                .look();
    }

    @Test
    void aProcessIsFoundByTheNameOfItsProgram() throws IOException {
        Files.createDirectories(proc.resolve("self"));
        process(1, "systemd", 'S', "/sbin/init");
        process(42, "haproxy", 'S', "haproxy\0-W\0");
        assertThat(look("haproxy")).isEqualTo(new Observation.Good("process 42 runs"));
        assertThat(look("hapro")).isEqualTo(new Observation.Bad("no such process runs"));
        assertThat(look("haproxy2")).isInstanceOf(Observation.Bad.class);
    }

    @Test
    void aZombieDoesNotRun() throws IOException {
        process(42, "haproxy", 'Z', "");
        process(43, "a) X (b", 'S', "x");
        assertThat(look("haproxy")).isInstanceOf(Observation.Bad.class);
        assertThat(look("a) X (b")).isInstanceOf(Observation.Good.class);
    }

    @Test
    void aNameThatTheKernelCutsIsComparedByTheCommandLine() throws IOException {
        process(42, "a-rather-long-n", 'S', "/usr/bin/a-rather-long-name\0-x\0");
        assertThat(look("a-rather-long-name")).isInstanceOf(Observation.Good.class);
        assertThat(look("a-rather-long-nome")).isInstanceOf(Observation.Bad.class);
    }

    @Test
    void aPidFileNamesTheProcess(@TempDir Path scratch) throws IOException {
        Path file = scratch.resolve("api.pid");
        assertThat(lookByFile(file)).isEqualTo(new Observation.Bad("there is no file " + file));
        Files.writeString(file, "42\n");
        assertThat(lookByFile(file)).isEqualTo(new Observation.Bad("process 42 of file " + file + " does not run"));
        process(42, "java", 'S', "java\0");
        assertThat(lookByFile(file)).isEqualTo(new Observation.Good("process 42 runs"));
        for (String text : new String[] {"", "-42", "0", "../1", "42 43"}) {
            Files.writeString(file, text);
            assertThat(lookByFile(file))
                    .as(text)
                    .isEqualTo(new Observation.Bad("file " + file + " holds no process number"));
        }
        Files.delete(file);
        Files.createDirectory(file);
        assertThat(lookByFile(file).detail()).startsWith("file " + file + " cannot be read");
    }

    @Test
    void thisVeryProcessIsFoundOnTheHost() {
        long own = ProcessHandle.current().pid();
        Observation seen = new ProcessLook(
                        new ProcessTracker("java", Optional.empty(), TrackBench.AT_ONCE, TrackBench.fault()),
                        Path.of("/proc"))
                .look();
        assertThat(own).isPositive();
        assertThat(seen).isInstanceOf(Observation.Good.class);
    }

    @Test
    void withoutAListOfProcessesNothingIsConcluded() {
        proc = proc.resolve("none");
        assertThat(look("haproxy")).isInstanceOf(Observation.Unclear.class);
    }
}
