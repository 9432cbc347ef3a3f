// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Commands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs each program in a session of its own, by {@code mainstay-run} (native/run/README.md), which ends all of it as soon as
 * the pipe to its standard input is closed.
 */
public final class SessionCommands implements Commands {

    /** What a program is found by that names another one without its path. */
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** Between two looks at what a running program has printed, so that it does not wait for room in the pipe. */
    private static final Duration OUTPUT_PAUSE = Duration.ofMillis(20);

    /** A little longer than {@code mainstay-run} tries by itself. */
    private static final Duration ENDING_PATIENCE = Duration.ofMillis(2_500);

    private final Path runner;

    /** @param runner the program {@code mainstay-run} */
    public SessionCommands(Path runner) {
        this.runner = runner;
    }

    @Override
    public CommandResult run(Command command) {
        long started = System.nanoTime();
        Process process;
        try {
            process = start(command);
        } catch (IOException e) {
            return new CommandResult.NotRun(String.valueOf(e.getMessage()));
        }
        LastLine printed = new LastLine();
        try (InputStream output = process.getInputStream()) {
            boolean ended = await(process, command.timeout(), output, printed);
            if (ended) {
                return new CommandResult.Ended(process.exitValue(), since(started), printed.text());
            }
            boolean gone = end(process, output, printed);
            return new CommandResult.TimedOut(command.timeout(), since(started), gone, printed.text());
        } catch (IOException e) {
            return new CommandResult.NotRun("what it prints cannot be read: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new CommandResult.NotRun("the daemon stops");
        } finally {
            closeInput(process);
        }
    }

    private Process start(Command command) throws IOException {
        List<String> words = new ArrayList<>(List.of(runner.toString(), "--"));
        words.addAll(command.words());
        ProcessBuilder builder =
                new ProcessBuilder(words).directory(Path.of("/").toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", PATH);
        environment.putAll(command.environment());
        return builder.start();
    }

    /** Whether it ended by itself within the timeout. */
    private static boolean await(Process process, Duration timeout, InputStream output, LastLine printed)
            throws InterruptedException, IOException {
        long begun = System.nanoTime();
        while (true) {
            Duration left = timeout.minus(since(begun));
            Duration pause = left.compareTo(OUTPUT_PAUSE) < 0 ? left : OUTPUT_PAUSE;
            boolean ended = process.waitFor(pause.toNanos(), TimeUnit.NANOSECONDS);
            // Not to the end of the stream: what it left running in the background may hold that open.
            printed.take(output);
            if (ended || !left.isPositive()) {
                return ended;
            }
        }
    }

    private static boolean end(Process process, InputStream output, LastLine printed)
            throws InterruptedException, IOException {
        closeInput(process);
        boolean ended = process.waitFor(ENDING_PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        printed.take(output);
        if (!ended) {
            process.destroyForcibly();
        }
        return ended;
    }

    private static void closeInput(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // Nothing was written to it, so that nothing can be lost.
        }
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
