// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.ControlServer;
import io.mainstay.control.FakeControlHandler;
import io.mainstay.observe.EventJournal;
import io.mainstay.time.MonotonicInstant;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;

/** The command line against a real control server with a daemon that only pretends. */
final class CliHarness implements AutoCloseable {

    /**
     * How a command ended.
     *
     * @param exitCode its exit code
     * @param out what it printed for programs and people
     * @param err what it complained about
     */
    record Ended(int exitCode, String out, String err) {}

    final FakeControlHandler handler = new FakeControlHandler();
    final Path socket;
    final EventJournal journal;
    final ControlServer server;

    CliHarness(Path directory) throws IOException {
        socket = directory.resolve("control.sock");
        journal = EventJournal.open(directory.resolve("state"), () -> new MonotonicInstant(System.nanoTime()));
        server = ControlServer.open(socket, handler, journal);
    }

    /** Runs a command against the server. */
    Ended run(String... arguments) {
        return run(Map.of(Mainstay.SOCKET_VARIABLE, socket.toString()), false, arguments);
    }

    /** Runs a command in a given environment. */
    static Ended run(Map<String, String> environment, boolean terminal, String... arguments) {
        return answering("", environment, terminal, arguments);
    }

    /** Runs a command that reads from standard input. */
    static Ended answering(String input, Map<String, String> environment, boolean terminal, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Mainstay.run(
                arguments,
                new BufferedReader(new StringReader(input)),
                new PrintWriter(out),
                new PrintWriter(err),
                environment,
                terminal);
        return new Ended(exitCode, out.toString(), err.toString());
    }

    @Override
    public void close() {
        server.close();
        journal.close();
    }
}
