// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Large transfers through pipes, between real sockets of this host. */
class BulkSocketsTest {

    /** More than all buffers between a server and a client that does not read. */
    private static final int LARGE = 32 * 1024 * 1024;

    private final EngineBench bench = new EngineBench();
    private final byte[] answer = octets(LARGE);
    private final ByteArrayOutputStream got = new ByteArrayOutputStream();
    private long pipesOfOthers;

    private static byte[] octets(int count) {
        byte[] octets = new byte[count];
        new Random(7).nextBytes(octets);
        return octets;
    }

    @BeforeEach
    void countPipesOfOthers() throws IOException {
        pipesOfOthers = OpenDescriptors.pipes();
    }

    @AfterEach
    void noPipeIsLeftOpenByAnEngineThatIsClosed() throws IOException {
        bench.close();
        assertThat(OpenDescriptors.pipes()).isEqualTo(pipesOfOthers);
    }

    private void startAnswering() {
        bench.server(connection -> {
            connection.getOutputStream().write(answer);
            connection.shutdownOutput();
            connection.getInputStream().readAllBytes();
        });
        bench.start();
    }

    /** A client for whom octets lie in a pipe. It reads no more than it takes until the relay stalls in one, not in a block. */
    private Socket stalledClient() throws IOException {
        int others = bench.lentPipes();
        Socket client = bench.clientThatBuffers(64 * 1024);
        awaitStall(others + 1);
        for (int i = 0; i < 64 && bench.lentPipes() == others; i++) {
            got.write(client.getInputStream().readNBytes(LARGE / 128));
            awaitStall(others + 1);
        }
        assertThat(bench.lentPipes()).isEqualTo(others + 1);
        return client;
    }

    /** Lasts, so that the backend comes to fill the buffers of its side: there are large reads only of what is there. */
    private void awaitStall(int held) {
        await().during(Duration.ofMillis(20))
                .pollInterval(Duration.ofMillis(5))
                .atMost(EngineBench.PATIENCE)
                .until(() -> bench.lentPipes() + bench.lentBlocks() == held);
    }

    /** All that it gets from now on is the rest of the answer. */
    private void expectRestOfAnswer(Socket client) throws IOException {
        client.getInputStream().transferTo(got);
        assertThat(got.toByteArray()).isEqualTo(answer);
    }

    private void awaitThatNothingIsHeld() {
        bench.awaitActive(0);
        await().atMost(EngineBench.PATIENCE).until(() -> bench.lentPipes() == 0 && bench.lentBlocks() == 0);
    }

    @Test
    void aSlowReaderGetsWhatLayInThePipeAndTheFinBehindItAndCanStillSpeak() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            connection.getOutputStream().write(answer);
            connection.shutdownOutput();
            heard.add(new String(connection.getInputStream().readAllBytes(), US_ASCII));
        });
        bench.start();
        try (Socket client = stalledClient()) {
            expectRestOfAnswer(client);
            client.getOutputStream().write("late words".getBytes(US_ASCII));
            client.shutdownOutput();
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("late words");
        }
        awaitThatNothingIsHeld();
        assertThat(bench.backend("web1").bytesOut()).isEqualTo(LARGE);
        assertThat(bench.openPipes()).isPositive();
    }

    @Test
    void aPipeIsGivenUpWithWhatLiesInItWhenItsReaderResets() throws Exception {
        startAnswering();
        Socket client = stalledClient();
        client.setSoLinger(true, 0);
        client.close();
        awaitThatNothingIsHeld();
        assertThat(bench.openPipes()).isZero();
    }

    @Test
    void whatLiesInThePipeIsDeliveredWhenTheSenderResetsBehindIt() throws Exception {
        BlockingQueue<Socket> connections = new LinkedBlockingQueue<>();
        bench.server(connection -> {
            connections.add(connection);
            connection.getOutputStream().write(answer);
        });
        bench.start();
        try (Socket client = stalledClient()) {
            Socket connection = connections.poll(30, TimeUnit.SECONDS);
            assertThat(connection).isNotNull();
            connection.setSoLinger(true, 0);
            connection.close();
            int passed = Math.toIntExact(bench.backend("web1").bytesOut());
            got.write(client.getInputStream().readNBytes(passed - got.size()));
            assertThat(got.toByteArray()).isEqualTo(Arrays.copyOf(answer, passed));
        }
        awaitThatNothingIsHeld();
    }

    @Test
    void aConnectionThatIsEndedGivesItsPipeBack() throws Exception {
        startAnswering();
        try (Socket client = stalledClient()) {
            bench.engine().resetConnections(bench.engine().service("web").backend("web1"));
            awaitThatNothingIsHeld();
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void anEngineThatIsClosedClosesThePipesOfItsConnections() throws Exception {
        startAnswering();
        try (Socket client = stalledClient()) {
            bench.engine().close();
            assertThat(OpenDescriptors.pipes()).isEqualTo(pipesOfOthers);
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void whoFindsNoPipeIsServedAllTheSame() throws Exception {
        bench.pipes(1);
        startAnswering();
        try (Socket slow = stalledClient();
                Socket other = bench.client()) {
            assertThat(other.getInputStream().readAllBytes()).isEqualTo(answer);
            assertThat(bench.lentPipes()).isEqualTo(1);
            expectRestOfAnswer(slow);
        }
        awaitThatNothingIsHeld();
    }

    @Test
    void bulkAndSmallPortionsInTurnAreExactToTheOctet() throws Exception {
        bench.server(connection -> {
            for (int from = 0; from < LARGE; ) {
                int portion = from / (4 * 1024 * 1024) % 2 == 0 ? 2 * 1024 * 1024 : 700;
                int count = Math.min(portion, Math.min(LARGE - from, LARGE / 2));
                connection.getOutputStream().write(answer, from, count);
                from += count;
            }
        });
        bench.start();
        try (Socket client = bench.client()) {
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
        }
        awaitThatNothingIsHeld();
    }

    /** One: of a second that comes while the first is unread the kernel makes an ordinary octet of the first. */
    @Test
    void anUrgentOctetInTheMiddleOfBulkStopsNothing() throws Exception {
        bench.server(connection -> {
            connection.getOutputStream().write(answer, 0, LARGE / 2);
            connection.sendUrgentData('!');
            connection.getOutputStream().write(answer, LARGE / 2, LARGE / 2);
        });
        bench.start();
        try (Socket client = bench.client()) {
            expectRestOfAnswer(client);
        }
        awaitThatNothingIsHeld();
    }
}
