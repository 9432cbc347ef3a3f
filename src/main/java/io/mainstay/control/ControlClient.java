// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonObject;
import io.mainstay.control.ControlClientException.Kind;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Asks the daemon over the control socket: as much of HTTP/1.1 as the control server speaks, one connection a request.
 *
 * <p>Stateless; any thread.
 */
public final class ControlClient {

    /** How long an answer may take that needs no waiting. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int LARGEST_BODY = 64 << 20;
    private static final int MOST_HEADERS = 100;

    private final Path socket;
    private final Duration patience;

    public ControlClient(Path socket) {
        this(socket, PATIENCE);
    }

    ControlClient(Path socket, Duration patience) {
        this.socket = socket;
        this.patience = patience;
    }

    /**
     * An answer of the daemon, good or bad.
     *
     * @param status the status code of HTTP
     * @param body the body
     */
    public record Reply(int status, String body) {

        public boolean good() {
            return status >= 200 && status < 300;
        }
    }

    /**
     * Head of an answer.
     *
     * @param length of the body; -1 if it comes in chunks
     */
    private record Head(int status, int length) {}

    /** Asks for a path such as {@code /v1/status}. */
    public Reply get(String target) throws ControlClientException {
        return get(target, "*/*");
    }

    /** Asks for a path in a certain media type. */
    public Reply get(String target, String accept) throws ControlClientException {
        try (ClientChannel channel = ClientChannel.connect(socket, patience)) {
            channel.write("GET " + target + " HTTP/1.1\r\nHost: mainstay\r\nAccept: " + accept
                    + "\r\nConnection: close\r\n\r\n");
            return readReply(channel);
        }
    }

    /**
     * Asks for something to be done.
     *
     * @param limit how long the answer may take; empty: for as long as it takes
     */
    public Reply post(String target, JsonObject body, Optional<Duration> limit) throws ControlClientException {
        String text = body.toString();
        try (ClientChannel channel = ClientChannel.connect(socket, patience)) {
            channel.write("POST " + target + " HTTP/1.1\r\nHost: mainstay\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + text.getBytes(StandardCharsets.UTF_8).length
                    + "\r\nConnection: close\r\n\r\n" + text);
            limit.ifPresentOrElse(channel::limit, channel::limitNothing);
            return readReply(channel);
        }
    }

    /**
     * Reads an answer line by line as it comes, and returns when the daemon ends it.
     *
     * @param lines gets each line without its line end
     * @return the answer as a whole if it was a bad one; empty if all of a good one went to {@code lines}
     */
    public Optional<Reply> follow(String target, Consumer<String> lines) throws ControlClientException {
        try (ClientChannel channel = ClientChannel.connect(socket, patience)) {
            channel.write("GET " + target + " HTTP/1.1\r\nHost: mainstay\r\nConnection: close\r\n\r\n");
            Head head = readHead(channel);
            if (head.status() != 200) {
                return Optional.of(new Reply(head.status(), readBody(channel, head)));
            }
            channel.limitNothing();
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (byte[] chunk = readChunk(channel); chunk.length > 0; chunk = readChunk(channel)) {
                for (byte octet : chunk) {
                    if (octet == '\n') {
                        lines.accept(line.toString(StandardCharsets.UTF_8));
                        line.reset();
                    } else {
                        line.write(octet);
                    }
                }
            }
            return Optional.empty();
        }
    }

    /** A text as one segment of a path. */
    public static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Reply readReply(ClientChannel channel) throws ControlClientException {
        Head head = readHead(channel);
        return new Reply(head.status(), readBody(channel, head));
    }

    private static Head readHead(ClientChannel channel) throws ControlClientException {
        String[] statusLine = channel.readLine().split(" ", 3);
        if (statusLine.length < 2 || !statusLine[0].startsWith("HTTP/1.")) {
            throw notHttp();
        }
        int length = 0;
        int count = 0;
        for (String line = channel.readLine(); !line.isEmpty(); line = channel.readLine()) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = number(lower.substring(15).strip(), 10, LARGEST_BODY);
            } else if (lower.startsWith("transfer-encoding:") && lower.endsWith("chunked")) {
                length = -1;
            }
            if (++count > MOST_HEADERS) {
                throw notHttp();
            }
        }
        return new Head(number(statusLine[1], 10, 999), length);
    }

    private static String readBody(ClientChannel channel, Head head) throws ControlClientException {
        if (head.length() >= 0) {
            return new String(channel.read(head.length()), StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] chunk = readChunk(channel); chunk.length > 0; chunk = readChunk(channel)) {
            body.writeBytes(chunk);
            if (body.size() > LARGEST_BODY) {
                throw new ControlClientException(Kind.NO_ANSWER, "its answer is too large");
            }
        }
        return body.toString(StandardCharsets.UTF_8);
    }

    /** The next chunk (RFC 9112 §7.1); empty: the last. */
    private static byte[] readChunk(ClientChannel channel) throws ControlClientException {
        String sizeLine = channel.readLine();
        int extension = sizeLine.indexOf(';');
        int size = number(extension < 0 ? sizeLine : sizeLine.substring(0, extension), 16, LARGEST_BODY);
        byte[] chunk = channel.read(size);
        if (!channel.readLine().isEmpty()) {
            throw notHttp();
        }
        return chunk;
    }

    private static int number(String digits, int radix, int largest) throws ControlClientException {
        try {
            int value = digits.length() > 9 ? -1 : Integer.parseInt(digits.strip(), radix);
            if (value >= 0 && value <= largest) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw notHttp();
    }

    private static ControlClientException notHttp() {
        return new ControlClientException(Kind.NO_ANSWER, "its answer is not one of HTTP");
    }
}
