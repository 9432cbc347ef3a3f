// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.mainstay.control.ControlClient;
import io.mainstay.control.ControlClientException;
import io.mainstay.observe.JsonFields;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The daemon as the commands see it: it answers, or the command ends with the reason and the right exit code. */
final class Daemon {

    private final Path socket;
    private final ControlClient client;

    Daemon(Path socket) {
        this.socket = socket;
        client = new ControlClient(socket);
    }

    private interface Asking<T> {
        T ask() throws ControlClientException;
    }

    /** The body of a good answer. */
    String get(String target) {
        return good(reached(() -> client.get(target)));
    }

    String get(String target, String accept) {
        return good(reached(() -> client.get(target, accept)));
    }

    /** As {@link #get}, for something to be done; without a limit it waits for as long as it takes. */
    String post(String target, JsonObject body, Optional<Duration> limit) {
        return good(reached(() -> client.post(target, body, limit)));
    }

    /** Hands on each line of an answer as it comes; returns when the daemon ends it. */
    void follow(String target, Consumer<String> lines) {
        reached(() -> client.follow(target, lines)).ifPresent(Daemon::good);
    }

    /** What the daemon answered, read as what it should be. */
    <T> T read(String body, Function<JsonFields, T> reader) {
        try {
            return reader.apply(JsonFields.parse(body));
        } catch (JsonParseException e) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "the daemon at " + socket + " gave an answer that this version does not understand: "
                            + e.getMessage() + " (mainstay version tells of which version it is)");
        }
    }

    private <T> T reached(Asking<T> asking) {
        try {
            return asking.ask();
        } catch (ControlClientException e) {
            throw switch (e.kind()) {
                case UNREACHABLE ->
                    new NoDaemon(
                            "no daemon answers at " + socket + ": " + e.getMessage() + " (is mainstayd running?)",
                            false);
                case NOT_PERMITTED ->
                    new CommandFailure(
                            ExitCode.NOT_PERMITTED,
                            "not permitted to use " + socket + ": " + e.getMessage()
                                    + " (are you root or in the socket's group?)");
                case NO_ANSWER ->
                    new NoDaemon("the daemon at " + socket + " failed to answer: " + e.getMessage(), true);
            };
        }
    }

    private static String good(ControlClient.Reply reply) {
        if (reply.good()) {
            return reply.body();
        }
        throw new CommandFailure(reply.status() == 403 ? ExitCode.NOT_PERMITTED : ExitCode.FAILED, reason(reply));
    }

    private static String reason(ControlClient.Reply reply) {
        try {
            return JsonFields.parse(reply.body()).object("error").string("message");
        } catch (JsonParseException e) {
            return "the daemon answered with status " + reply.status();
        }
    }
}
