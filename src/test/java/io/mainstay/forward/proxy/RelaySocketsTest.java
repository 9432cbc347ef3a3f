// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.forward.RefusalReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32C;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The relay on real sockets of this host. */
class RelaySocketsTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final EngineBench bench = new EngineBench();
    private final CountDownLatch release = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() {
        release.countDown();
        bench.close();
        threads.close();
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static String receive(Socket socket, int count) throws IOException {
        return new String(socket.getInputStream().readNBytes(count), US_ASCII);
    }

    /** Ends a connection by a RST. */
    private static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    private static long checksumOf(InputStream stream) throws IOException {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[64 * 1024];
        for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
            checksum.update(buffer, 0, count);
        }
        return checksum.getValue();
    }

    /** Writes pseudo-random octets and gives their checksum. */
    private static long write(OutputStream stream, long seed, int megabytes) throws IOException {
        Random random = new Random(seed);
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[1024 * 1024];
        for (int i = 0; i < megabytes; i++) {
            random.nextBytes(buffer);
            checksum.update(buffer);
            stream.write(buffer);
        }
        return checksum.getValue();
    }

    /** Whether the reset is seen by the connect or by the first read is a matter of luck. */
    private void expectResetOfNewClient() {
        assertThatThrownBy(() -> {
                    try (Socket client = bench.client()) {
                        client.getInputStream().readAllBytes();
                    }
                })
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    private static void expectReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void largeTransfersBothWaysAtOnceAreExactToTheOctet() throws Exception {
        transferBothWays();
    }

    @Test
    void soAreThoseForWhichThereIsNoMemoryToWaitIn() throws Exception {
        bench.stallBlocks(0).pipes(0);
        transferBothWays();
    }

    private void transferBothWays() throws Exception {
        BlockingQueue<Long> seenByServer = new LinkedBlockingQueue<>();
        BlockingQueue<Long> sentByServer = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            Future<?> sending = threads.submit(() -> {
                sentByServer.add(write(connection.getOutputStream(), 2, 48));
                connection.shutdownOutput();
                return null;
            });
            seenByServer.add(checksumOf(connection.getInputStream()));
            await(sending);
        });
        bench.start();
        try (Socket client = bench.client()) {
            Future<Long> receiving = threads.submit(() -> checksumOf(client.getInputStream()));
            long sent = write(client.getOutputStream(), 1, 48);
            client.shutdownOutput();
            assertThat(seenByServer.poll(30, TimeUnit.SECONDS)).isEqualTo(sent);
            assertThat(receiving.get(30, TimeUnit.SECONDS)).isEqualTo(sentByServer.poll(30, TimeUnit.SECONDS));
        }
        bench.awaitActive(0);
        assertThat(bench.backend("web1").bytesIn()).isEqualTo(48L * 1024 * 1024);
        assertThat(bench.backend("web1").bytesOut()).isEqualTo(48L * 1024 * 1024);
        assertThat(bench.lentBlocks()).isZero();
    }

    @Test
    void aReaderThatTakesNothingStopsTheWriterInsteadOfFillingMemory() throws Exception {
        // One direction, one block or pipe.
        writeToWhoDoesNotRead(1);
    }

    @Test
    void withoutMemoryAReaderThatTakesNothingStopsTheWriterAndLosesNothing() throws Exception {
        bench.stallBlocks(0).pipes(0);
        writeToWhoDoesNotRead(0);
    }

    private void writeToWhoDoesNotRead(int stalls) throws Exception {
        BlockingQueue<Long> seenByServer = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            connection.setReceiveBufferSize(64 * 1024);
            awaitRelease();
            seenByServer.add(checksumOf(connection.getInputStream()));
        });
        bench.start();
        InetSocketAddress address = bench.listening();
        try (SocketChannel client = SocketChannel.open(address)) {
            client.configureBlocking(false);
            CRC32C sent = new CRC32C();
            Random random = new Random(3);
            byte[] octets = new byte[256 * 1024];
            long total = 0;
            long lastProgress = System.nanoTime();
            while (System.nanoTime() - lastProgress < TimeUnit.MILLISECONDS.toNanos(500)) {
                random.nextBytes(octets);
                int written = client.write(ByteBuffer.wrap(octets));
                sent.update(octets, 0, written);
                total += written;
                if (written > 0) {
                    lastProgress = System.nanoTime();
                } else {
                    Thread.onSpinWait();
                }
            }
            // The kernel's buffers of both connections and one block; the writer would go on for ever without a limit.
            assertThat(total).isLessThan(64L * 1024 * 1024);
            assertThat(bench.lentBlocks() + bench.lentPipes()).isEqualTo(stalls);
            release.countDown();
            client.shutdownOutput();
            assertThat(seenByServer.poll(30, TimeUnit.SECONDS)).isEqualTo(sent.getValue());
        }
        bench.awaitActive(0);
        assertThat(bench.lentBlocks()).isZero();
    }

    private static void await(Future<?> task) {
        try {
            task.get(60, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitRelease() {
        try {
            assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aServerThatSpeaksFirstIsHeard() throws Exception {
        bench.server(connection -> {
            send(connection, "220 ready");
            ScriptedServer.ECHO.serve(connection);
        });
        bench.start();
        try (Socket client = bench.client()) {
            assertThat(receive(client, 9)).isEqualTo("220 ready");
            send(client, "hello");
            assertThat(receive(client, 5)).isEqualTo("hello");
        }
    }

    @Test
    void aClientThatFinishesFirstStillGetsItsAnswer() throws Exception {
        bench.server(connection -> {
            String question = new String(connection.getInputStream().readAllBytes(), US_ASCII);
            send(connection, "answer to " + question);
        });
        bench.start();
        try (Socket client = bench.client()) {
            send(client, "question");
            client.shutdownOutput();
            assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
                    .isEqualTo("answer to question");
        }
        bench.awaitActive(0);
    }

    @Test
    void aServerThatFinishesFirstStillHearsTheClient() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            send(connection, "greeting");
            connection.shutdownOutput();
            heard.add(new String(connection.getInputStream().readAllBytes(), US_ASCII));
        });
        bench.start();
        try (Socket client = bench.client()) {
            assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
                    .isEqualTo("greeting");
            send(client, "late words");
            client.shutdownOutput();
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("late words");
        }
        bench.awaitActive(0);
    }

    @Test
    void aResetByTheServerReachesTheClientBehindTheOctetsBeforeIt() throws Exception {
        bench.server(connection -> {
            send(connection, "half an ans");
            awaitRelease();
            reset(connection);
        });
        bench.start();
        try (Socket client = bench.client()) {
            assertThat(receive(client, 11)).isEqualTo("half an ans");
            release.countDown();
            expectReset(client);
        }
        bench.awaitActive(0);
    }

    /** The kernel resets a socket that is closed with unread octets in it, and drops what it still had to send. */
    @Test
    void anAnswerIsDeliveredToAClientWhoseUploadItsServerRefuses() throws Exception {
        byte[] answer = new byte[512 * 1024];
        new Random(5).nextBytes(answer);
        CountDownLatch refused = new CountDownLatch(1);
        bench.server(connection -> {
            receive(connection, 1);
            connection.getOutputStream().write(answer);
            connection.shutdownOutput();
            awaitRelease();
            reset(connection);
            refused.countDown();
        });
        bench.start();
        try (Socket client = bench.clientThatBuffers(64 * 1024)) {
            send(client, "u");
            Awaitility.await()
                    .atMost(EngineBench.PATIENCE)
                    .until(() -> bench.backend("web1").bytesOut() == answer.length
                            && bench.lentBlocks() + bench.lentPipes() == 0);
            release.countDown();
            assertThat(refused.await(30, TimeUnit.SECONDS)).isTrue();
            byte[] got = new byte[answer.length];
            int count = 0;
            int more = 1;
            while (count < got.length && more > 0) {
                uploadMore(client);
                more = client.getInputStream().read(got, count, Math.min(8192, got.length - count));
                count += Math.max(more, 0);
            }
            assertThat(count).isEqualTo(answer.length);
            assertThat(got).isEqualTo(answer);
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        bench.awaitActive(0);
    }

    private static void uploadMore(Socket client) {
        try {
            client.getOutputStream().write(new byte[512]);
        } catch (IOException nobodyWantsIt) {
            // What was sent to it before is to arrive all the same.
        }
    }

    @Test
    void aResetByTheClientReachesTheServer() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            InputStream stream = connection.getInputStream();
            seen.add(new String(stream.readNBytes(8), US_ASCII));
            try {
                seen.add("octet " + stream.read());
            } catch (SocketException e) {
                seen.add(String.valueOf(e.getMessage()));
            }
        });
        bench.start();
        Socket client = bench.client();
        send(client, "question");
        assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("question");
        reset(client);
        assertThat(seen.poll(30, TimeUnit.SECONDS)).contains("reset");
        bench.awaitActive(0);
    }

    /** What waits for a peer that has reset is for nobody; the kernel counts it as not sent all the same. */
    @Test
    void whenBothHaveResetNothingIsWaitedForThoughOctetsWereUnderWay() throws Exception {
        byte[] question = new byte[1024 * 1024];
        BlockingQueue<Socket> connections = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            connections.add(connection);
            // The client does not read, and this server does not either.
            connection.getOutputStream().write(new byte[64 * 1024 * 1024]);
        });
        bench.start();
        Socket client = bench.client();
        client.getOutputStream().write(question);
        Awaitility.await()
                .atMost(EngineBench.PATIENCE)
                .until(() -> bench.backend("web1").bytesIn() == question.length
                        && bench.lentBlocks() + bench.lentPipes() == 1);
        Socket connection = connections.poll(30, TimeUnit.SECONDS);
        assertThat(connection).isNotNull();
        reset(connection);
        reset(client);
        bench.awaitActive(0);
    }

    @Test
    void aBackendThatRefusesIsReplacedWithoutTheClientNoticing() throws Exception {
        ScriptedServer refusing = bench.server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        refusing.stopListening();
        for (int i = 0; i < 10; i++) {
            try (Socket client = bench.client()) {
                send(client, "hello");
                assertThat(receive(client, 5)).isEqualTo("hello");
            }
        }
        assertThat(bench.backend("web1").connectFailures()).isEqualTo(5);
        assertThat(bench.backend("web2").total()).isEqualTo(10);
    }

    @Test
    void whenEveryBackendRefusesTheClientIsResetAtOnce() throws Exception {
        ScriptedServer refusing = bench.server(ScriptedServer.ECHO);
        bench.start();
        refusing.stopListening();
        expectResetOfNewClient();
        assertThat(bench.refused(RefusalReason.CONNECT_FAILED)).isEqualTo(1);
        assertThat(bench.backend("web1").connectFailures()).isEqualTo(3);
    }

    @Test
    void withoutABackendTheClientIsResetAtOnce() throws Exception {
        ScriptedServer down = bench.server(ScriptedServer.ECHO);
        down.stopListening();
        bench.start();
        expectResetOfNewClient();
        assertThat(bench.refused(RefusalReason.NO_BACKEND)).isEqualTo(1);
    }

    @Test
    void aBackendThatDoesNotEvenAcceptIsReplacedAfterTheConnectTimeout() throws Exception {
        try (FullListener deaf = FullListener.open("127.0.1.9")) {
            bench.timeouts(SHORT, LONG, LONG).backend(deaf.as("web1"));
            bench.server(ScriptedServer.ECHO);
            bench.start();
            deaf.fill();
            try (Socket client = bench.client();
                    Socket other = bench.client()) {
                send(client, "hello");
                send(other, "hello");
                assertThat(receive(client, 5)).isEqualTo("hello");
                assertThat(receive(other, 5)).isEqualTo("hello");
            }
            assertThat(bench.backend("web1").connectFailures()).isEqualTo(1);
            assertThat(bench.backend("web2").total()).isEqualTo(2);
        }
    }

    @Test
    void aBackendThatNeverAnswersEndsByTheIdleTimeoutAsAReset() throws Exception {
        bench.timeouts(LONG, SHORT, LONG).server(ScriptedServer.SILENT);
        bench.start();
        try (Socket client = bench.client()) {
            send(client, "anybody there?");
            expectReset(client);
        }
        bench.awaitActive(0);
    }

    @Test
    void aHalfClosedConnectionEndsByTheHalfClosedTimeoutAsAReset() throws Exception {
        bench.timeouts(LONG, LONG, SHORT).server(connection -> {
            connection.getInputStream().readAllBytes();
            awaitRelease();
        });
        bench.start();
        try (Socket client = bench.client()) {
            client.shutdownOutput();
            expectReset(client);
        }
        bench.awaitActive(0);
    }

    @Test
    void anIpv6ListenerRelaysToAnIpv4Backend() throws Exception {
        bench.listenOn("::1").server(ScriptedServer.ECHO);
        bench.start();
        try (Socket client = bench.client()) {
            send(client, "hello");
            assertThat(receive(client, 5)).isEqualTo("hello");
        }
    }

    @Test
    void closingTheEngineResetsWhatIsLeft() throws Exception {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        try (Socket client = bench.client()) {
            send(client, "hello");
            assertThat(receive(client, 5)).isEqualTo("hello");
            bench.engine().close();
            expectReset(client);
        }
        assertThat(bench.service().active()).isZero();
    }
}
