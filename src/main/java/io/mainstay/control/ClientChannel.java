// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.control.ControlClientException.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the control socket on which every wait has an end. Used by one thread.
 *
 * <p>Of the JDK alone: loading Netty would take longer than the whole command.
 */
final class ClientChannel implements AutoCloseable {

    private static final int LONGEST_LINE = 64 * 1024;

    /** EAGAIN, in the words of the C library. */
    private static final String QUEUE_FULL = "resource temporarily unavailable";

    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer received = ByteBuffer.allocate(16 * 1024).flip();
    private boolean limited = true;
    private long deadlineNanos;

    private ClientChannel(SocketChannel channel, Selector selector) {
        this.channel = channel;
        this.selector = selector;
    }

    /** Connects; from now on everything together may take as long as {@code patience}. */
    static ClientChannel connect(Path socket, Duration patience) throws ControlClientException {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            // Connecting to a unix socket never takes time unless the queue of a frozen daemon is full; then it fails.
            channel.configureBlocking(false);
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                throw new SocketException(QUEUE_FULL);
            }
            ClientChannel client = new ClientChannel(channel, Selector.open());
            client.limit(patience);
            return client;
        } catch (IOException | IllegalArgumentException e) {
            closeQuietly(channel);
            throw refused(socket, e);
        }
    }

    private static ControlClientException refused(Path socket, Exception e) {
        String text = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        // The JDK has no exception of its own for these.
        if (text.contains("permission denied") || text.contains("not permitted")) {
            return new ControlClientException(Kind.NOT_PERMITTED, "permission denied");
        }
        if (e instanceof ConnectException) {
            return new ControlClientException(Kind.UNREACHABLE, "connection refused");
        }
        if (text.contains(QUEUE_FULL)) {
            return new ControlClientException(Kind.NO_ANSWER, "it takes no connections (is it overloaded or stopped?)");
        }
        if (e instanceof SocketException && !Files.exists(socket)) {
            return new ControlClientException(Kind.UNREACHABLE, "no such socket");
        }
        return new ControlClientException(Kind.UNREACHABLE, text);
    }

    void limit(Duration patience) {
        limited = true;
        deadlineNanos = System.nanoTime() + patience.toNanos();
    }

    /** Waits for as long as it takes from now on. */
    void limitNothing() {
        limited = false;
    }

    void write(String text) throws ControlClientException {
        ByteBuffer octets = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        try {
            while (octets.hasRemaining()) {
                if (channel.write(octets) == 0) {
                    await(SelectionKey.OP_WRITE);
                }
            }
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** The next octet, 0 to 255, or -1 if the daemon has closed the connection. */
    int read() throws ControlClientException {
        if (!received.hasRemaining() && !fill()) {
            return -1;
        }
        return received.get() & 0xFF;
    }

    /** The next {@code count} octets as they come; whole or an exception. */
    byte[] read(int count) throws ControlClientException {
        byte[] octets = new byte[count];
        int have = 0;
        while (have < count) {
            if (!received.hasRemaining() && !fill()) {
                throw cutShort();
            }
            int taken = Math.min(count - have, received.remaining());
            received.get(octets, have, taken);
            have += taken;
        }
        return octets;
    }

    /** The next line of a head, without its line end. */
    String readLine() throws ControlClientException {
        StringBuilder line = new StringBuilder();
        for (int octet = read(); octet != '\n'; octet = read()) {
            if (octet < 0) {
                throw cutShort();
            }
            if (line.length() == LONGEST_LINE) {
                throw new ControlClientException(Kind.NO_ANSWER, "its answer is not one of HTTP");
            }
            line.append((char) octet);
        }
        int end = line.length();
        return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
    }

    private boolean fill() throws ControlClientException {
        received.clear();
        try {
            int count = channel.read(received);
            while (count == 0) {
                await(SelectionKey.OP_READ);
                count = channel.read(received);
            }
            received.flip();
            return count > 0;
        } catch (IOException e) {
            received.limit(0);
            throw broken(e);
        }
    }

    private void await(int operation) throws IOException, ControlClientException {
        SelectableChannel selectable = channel;
        SelectionKey key = selectable.keyFor(selector);
        if (key == null) {
            key = selectable.register(selector, operation);
        } else {
            key.interestOps(operation);
        }
        if (!limited) {
            selector.select();
        } else {
            long remainingMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
            if (remainingMillis <= 0) {
                throw new ControlClientException(Kind.NO_ANSWER, "it does not answer (is it overloaded or stopped?)");
            }
            selector.select(remainingMillis);
        }
        selector.selectedKeys().clear();
    }

    private static ControlClientException cutShort() {
        return new ControlClientException(Kind.NO_ANSWER, "it closed the connection before its answer was complete");
    }

    private static ControlClientException broken(IOException e) {
        return new ControlClientException(Kind.NO_ANSWER, "the connection broke: " + e.getMessage());
    }

    @Override
    public void close() {
        closeQuietly(selector);
        closeQuietly(channel);
    }

    private static void closeQuietly(@Nullable Closeable closeable) {
        if (closeable != null) {
            try {
                closeable.close();
            } catch (IOException e) {
                // Nothing is lost: the answer was read, or will be missed.
            }
        }
    }
}
