// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.observe.EventJournal;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A server on a real socket, with what it serves, and clients of it: our own, and one of hand-written octets. */
final class ControlRig implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final FakeControlHandler handler = new FakeControlHandler();
    final Path socket;
    final EventJournal journal;
    final ControlServer server;
    final ControlClient client;

    private ControlRig(Path directory) throws IOException {
        socket = directory.resolve("run/control.sock");
        journal = EventJournal.open(directory.resolve("state"), () -> new MonotonicInstant(System.nanoTime()));
        server = ControlServer.open(socket, handler, journal);
        client = new ControlClient(socket, PATIENCE);
    }

    /** In a directory of its own. */
    static ControlRig open(Path directory) throws IOException {
        return new ControlRig(directory);
    }

    @Override
    public void close() {
        server.close();
        journal.close();
    }

    static JsonObject json(ControlClient.Reply reply) {
        return JsonParser.parseString(reply.body()).getAsJsonObject();
    }

    ControlClient.Reply post(String target, String body) throws ControlClientException {
        return client.post(target, JsonParser.parseString(body).getAsJsonObject(), Optional.of(PATIENCE));
    }

    /** Sends octets as they are and reads until the server closes. */
    String exchange(String octets) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer out = ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1));
            while (out.hasRemaining()) {
                channel.write(out);
            }
            StringBuilder answer = new StringBuilder();
            ByteBuffer in = ByteBuffer.allocate(64 * 1024);
            try {
                while (channel.read(in) >= 0) {
                    answer.append(StandardCharsets.UTF_8.decode(in.flip()));
                    in.clear();
                }
            } catch (SocketException e) {
                // Closed with some of our octets unread, which is how unix sockets tell it.
            }
            return answer.toString();
        }
    }
}
