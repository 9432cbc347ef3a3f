// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.ProcessTracker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether a process runs, by what /proc says (proc(5)). A zombie does not run. Processes are those of this process namespace.
 */
final class ProcessLook implements Look {

    /** The kernel keeps so much of a program's name; a longer one is compared by the command line. */
    private static final int LONGEST_COMM = 15;

    private final ProcessTracker tracker;
    private final Path proc;

    /** @param proc where the process file system is mounted */
    ProcessLook(ProcessTracker tracker, Path proc) {
        this.tracker = tracker;
        this.proc = proc;
    }

    @Override
    public Observation look() {
        try {
            return tracker.pidFile().isPresent()
                    ? byFile(Path.of(tracker.pidFile().get()))
                    : byName();
        } catch (IOException e) {
            return new Observation.Unclear("processes cannot be listed: " + e.getMessage());
        }
    }

    private Observation byFile(Path file) throws IOException {
        String text;
        try {
            text = FileText.of(file).strip();
        } catch (NoSuchFileException e) {
            return new Observation.Bad("there is no file " + file);
        } catch (IOException e) {
            return new Observation.Bad("file " + file + " cannot be read: " + e.getMessage());
        }
        if (!text.matches("[1-9][0-9]{0,8}")) {
            return new Observation.Bad("file " + file + " holds no process number");
        }
        return isRunning(proc.resolve(text))
                ? new Observation.Good("process " + text + " runs")
                : new Observation.Bad("process " + text + " of file " + file + " does not run");
    }

    private Observation byName() throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[1-9]*")) {
            for (Path process : processes) {
                if (hasName(process) && isRunning(process)) {
                    return new Observation.Good("process " + process.getFileName() + " runs");
                }
            }
        }
        return new Observation.Bad("no such process runs");
    }

    private boolean hasName(Path process) {
        String name = tracker.name();
        String comm = read(process.resolve("comm")).orElse("").stripTrailing();
        if (name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_COMM) {
            return comm.equals(name);
        }
        if (comm.isEmpty() || !name.startsWith(comm)) {
            return false;
        }
        String program = read(process.resolve("cmdline")).orElse("").split("\0", 2)[0];
        return program.substring(program.lastIndexOf('/') + 1).equals(name);
    }

    /** The state is the first word behind the name, which stands in parentheses and may hold some itself. */
    private static boolean isRunning(Path process) {
        String stat = read(process.resolve("stat")).orElse("");
        String state = stat.substring(stat.lastIndexOf(')') + 1).stripLeading();
        return !state.isEmpty() && state.charAt(0) != 'Z' && state.charAt(0) != 'X';
    }

    /** Empty if the process has ended meanwhile. */
    private static Optional<String> read(Path file) {
        try {
            return Optional.of(FileText.of(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
