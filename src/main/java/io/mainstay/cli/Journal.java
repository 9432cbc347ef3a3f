// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonParseException;
import io.mainstay.explain.NodeJournal;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventJson;
import io.mainstay.observe.IoProblem;
import io.mainstay.observe.StoredEvents;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.OptionSpec;

/** Where commands read the journal: from the daemon, or, if none answers, from what it left behind. */
final class Journal {

    private static final String STATE_DIRECTORY = "--state-dir";
    private static final Path DEFAULT_STATE_DIRECTORY = Path.of("/var/lib/mainstay");
    private static final int LARGEST_FILE_BYTES = 64 << 20;

    private Journal() {}

    static OptionSpec stateDirectoryOption() {
        return Specs.text(
                STATE_DIRECTORY,
                "DIR",
                "Where the journal is read if no daemon answers. Default: " + DEFAULT_STATE_DIRECTORY + ".");
    }

    /** The whole journal of this node. Says on standard error if it does not come from the daemon. */
    static NodeJournal read(Invocation invocation) {
        try {
            return new NodeJournal(
                    parsed(invocation
                            .daemon()
                            .get("/v1/events?stored=true")
                            .lines()
                            .toList()),
                    Optional.empty());
        } catch (NoDaemon noDaemon) {
            return stored(invocation, noDaemon);
        }
    }

    private static NodeJournal stored(Invocation invocation, NoDaemon noDaemon) {
        Path directory = invocation.text(STATE_DIRECTORY).map(Path::of).orElse(DEFAULT_STATE_DIRECTORY);
        try {
            StoredEvents stored = StoredEvents.read(directory);
            invocation
                    .err()
                    .println("mainstay: " + noDaemon.getMessage() + "; this is the journal that it left in "
                            + directory);
            return new NodeJournal(stored.events(), noDaemon.mayRun() ? Optional.empty() : stored.lastAlive());
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.DAEMON_NOT_REACHABLE,
                    noDaemon.getMessage() + "; nor can its journal be read: " + IoProblem.describe(e));
        }
    }

    /** The journal of another node, which somebody has brought here as a file. */
    static NodeJournal ofFile(Path file) {
        // Read as a stream, not by its size: the file may be a pipe.
        try (InputStream input = Files.newInputStream(file)) {
            String text = new String(input.readNBytes(LARGEST_FILE_BYTES), StandardCharsets.UTF_8);
            List<Event> events = parsed(text.lines().toList());
            if (events.isEmpty()) {
                throw new CommandFailure(
                        ExitCode.FAILED, file + ": no event (expected: what mainstay events --json prints)");
            }
            return new NodeJournal(events, Optional.empty());
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, IoProblem.describe(e));
        }
    }

    private static List<Event> parsed(List<String> lines) {
        List<Event> events = new ArrayList<>();
        for (String line : lines) {
            try {
                events.add(EventJson.fromLine(line));
            } catch (JsonParseException e) {
                // An event that a newer daemon writes in another way; the others still tell something.
            }
        }
        return events;
    }
}
