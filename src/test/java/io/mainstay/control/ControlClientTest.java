// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import io.mainstay.control.ControlClientException.Kind;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against servers that answer octet by octet, wrongly, late or not at all. */
class ControlClientTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final List<ServerSocketChannel> servers = new ArrayList<>();

    /** Answers every connection with the same octets, one at a time, and closes it. */
    private void answering(String octets) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        servers.add(server);
        server.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
        Thread.ofVirtual().start(() -> {
            while (server.isOpen()) {
                try (SocketChannel connection = server.accept()) {
                    connection.read(ByteBuffer.allocate(1000));
                    for (byte octet : octets.getBytes(StandardCharsets.UTF_8)) {
                        connection.write(ByteBuffer.wrap(new byte[] {octet}));
                    }
                } catch (IOException e) {
                    // The test has ended.
                }
            }
        });
    }

    @AfterEach
    void close() throws IOException {
        for (ServerSocketChannel server : servers) {
            server.close();
        }
    }

    private static String crlf(String... lines) {
        return String.join("\r\n", lines);
    }

    private ControlClient client() {
        return new ControlClient(directory.resolve("s"), PATIENCE);
    }

    private static void assertFails(Kind kind, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ControlClientException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessage(message);
    }

    @Test
    void aBodyOfKnownLengthIsRead() throws Exception {
        answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhällo more");
        assertThat(client().get("/")).isEqualTo(new ControlClient.Reply(200, "hällo"));
    }

    @Test
    void aBodyInChunksIsRead() throws Exception {
        answering(
                crlf("HTTP/1.1 503 No", "transfer-encoding: chunked", "", "5;x=y", "hello", "0001", "!", "0", "", ""));
        assertThat(client().get("/")).isEqualTo(new ControlClient.Reply(503, "hello!"));
        assertThat(client().post("/", new JsonObject(), Optional.empty()))
                .isEqualTo(new ControlClient.Reply(503, "hello!"));
    }

    @Test
    void linesAreCutOutOfChunksWhereverThoseEnd() throws Exception {
        answering(crlf(
                "HTTP/1.1 200 OK",
                "Transfer-Encoding: chunked",
                "",
                "2",
                "ab",
                "4",
                "c\nde",
                "3",
                "f\n\n",
                "0",
                "",
                ""));
        List<String> lines = new ArrayList<>();
        assertThat(client().follow("/", lines::add)).isEmpty();
        assertThat(lines).containsExactly("abc", "def", "");
    }

    @Test
    void aBadAnswerToAFollowerIsGivenBack() throws Exception {
        answering("HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno");
        assertThat(client().follow("/", line -> {})).contains(new ControlClient.Reply(400, "no"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "HTTP/1.1 abc\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            })
    void whatIsNotHttpIsTold(String octets) throws Exception {
        answering(octets);
        assertFails(Kind.NO_ANSWER, "its answer is not one of HTTP", () -> client().get("/"));
    }

    @Test
    void anEndlessHeadIsTold() throws Exception {
        answering("HTTP/1.1 200 OK\r\n" + "a: b\r\n".repeat(200) + "\r\n");
        assertFails(Kind.NO_ANSWER, "its answer is not one of HTTP", () -> client().get("/"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 O",
                "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhell",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"
            })
    void anAnswerCutShortIsTold(String octets) throws Exception {
        answering(octets);
        assertFails(Kind.NO_ANSWER, "it closed the connection before its answer was complete", () -> client().get("/"));
    }

    @Test
    void aDaemonThatDoesNotAnswerIsGivenUp() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
            ControlClient impatient = new ControlClient(directory.resolve("s"), Duration.ofMillis(50));
            assertFails(Kind.NO_ANSWER, "it does not answer (is it overloaded or stopped?)", () -> impatient.get("/"));
        }
    }

    @Test
    void aDaemonWhoseQueueIsFullIsGivenUp() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
            server.bind(address, 1);
            List<SocketChannel> queued = new ArrayList<>();
            // The kernel queues one more than it is asked to.
            queued.add(SocketChannel.open(address));
            queued.add(SocketChannel.open(address));
            assertFails(
                    Kind.NO_ANSWER, "it takes no connections (is it overloaded or stopped?)", () -> client().get("/"));
            for (SocketChannel connection : queued) {
                connection.close();
            }
        }
    }

    @Test
    void nobodyThereIsTold() throws Exception {
        assertFails(Kind.UNREACHABLE, "no such socket", () -> client().get("/"));
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
        dead.close();
        assertFails(Kind.UNREACHABLE, "connection refused", () -> client().get("/"));
    }

    @Test
    void aPathTooLongForASocketIsTold() {
        ControlClient client = new ControlClient(Path.of("/" + "x".repeat(200)));
        assertThatThrownBy(() -> client.get("/"))
                .isInstanceOfSatisfying(
                        ControlClientException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
    }
}
