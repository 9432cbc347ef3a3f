// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel answers when a socket is read into a pipe, and a pipe is written to a socket. */
class PipeCallsTest {

    private final PipeCalls calls = new PipeCalls();
    private Pipe pipe;
    private TcpSocket socket;
    private Socket peer;

    @BeforeAll
    static void loadWhatSocketsNeed() {
        Epoll.ensureAvailability();
    }

    @BeforeEach
    void connect() throws IOException {
        pipe = calls.open();
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            socket = TcpSocket.open(false);
            socket.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
            peer = server.accept();
        }
        await().atMost(EngineBench.PATIENCE).until(socket::finishConnect);
    }

    @AfterEach
    void close() throws IOException {
        peer.close();
        socket.closeQuietly();
        calls.close(pipe);
    }

    private int fill() {
        int[] result = {StreamSocket.NOTHING};
        await().atMost(EngineBench.PATIENCE).until(() -> {
            result[0] = calls.fill(socket.intValue(), pipe);
            return result[0] != StreamSocket.NOTHING;
        });
        return result[0];
    }

    @Test
    void thisKernelSplices() {
        assertThatCode(calls::requireSplice).doesNotThrowAnyException();
        assertThat(pipe.capacity()).isGreaterThanOrEqualTo(BlockPool.BLOCK_SIZE);
    }

    @Test
    void octetsPassThroughAsTheyAre() throws IOException {
        peer.getOutputStream().write("ping".getBytes(US_ASCII));
        assertThat(fill()).isEqualTo(4);
        assertThat(pipe.held()).isEqualTo(4);
        assertThat(calls.empty(pipe, socket.intValue())).isEqualTo(4);
        assertThat(pipe.held()).isZero();
        assertThat(peer.getInputStream().readNBytes(4)).isEqualTo("ping".getBytes(US_ASCII));
    }

    @Test
    void aSocketWithoutOctetsHasNothing() {
        assertThat(calls.fill(socket.intValue(), pipe)).isEqualTo(StreamSocket.NOTHING);
    }

    @Test
    void aFinIsTheEnd() throws IOException {
        peer.shutdownOutput();
        assertThat(fill()).isEqualTo(StreamSocket.FINISHED);
    }

    @Test
    void aResetIsNoFin() throws IOException {
        peer.setSoLinger(true, 0);
        peer.close();
        assertThat(fill()).isEqualTo(StreamSocket.BROKEN);
    }

    @Test
    void whatCannotBeSplicedIsNoEndOfAStream() {
        // A pipe does not go into itself.
        assertThat(calls.fill(pipe.readEnd(), pipe)).isEqualTo(StreamSocket.REFUSED);
    }

    @Test
    void aReaderThatHasResetBreaksTheWriteAndHarmsNobodyElse() throws IOException {
        peer.getOutputStream().write(1);
        assertThat(fill()).isEqualTo(1);
        peer.setSoLinger(true, 0);
        peer.close();
        // The first write finds the error, the second a socket without peer: SIGPIPE, which must not end the process.
        await().atMost(EngineBench.PATIENCE).until(() -> calls.empty(pipe, socket.intValue()) == StreamSocket.BROKEN);
        assertThat(calls.empty(pipe, socket.intValue())).isEqualTo(StreamSocket.BROKEN);
    }

    @Test
    void aReaderThatTakesNothingLeavesOctetsInThePipe() throws IOException {
        byte[] much = new byte[BlockPool.BLOCK_SIZE];
        for (int i = 0; i < 10_000 && pipe.held() == 0; i++) {
            peer.getOutputStream().write(much);
            fill();
            calls.empty(pipe, socket.intValue());
        }
        int left = pipe.held();
        assertThat(left).isPositive();
        assertThat(calls.empty(pipe, socket.intValue())).isZero();
        assertThat(pipe.held()).isEqualTo(left);
    }
}
