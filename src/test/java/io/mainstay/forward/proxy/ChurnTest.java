// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.health.HealthCheckConfig;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many connections that live and die in every way, over backends that come and go: nothing may be left of them. */
@Tag("property")
class ChurnTest {

    private static final int CLIENTS = 8;
    private static final int CONNECTIONS_EACH = 150;
    private static final long SEED = 20261123;

    private final Queue<String> leaks = new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<DrainOutcome>> drains = new ConcurrentLinkedQueue<>();
    private final EngineBench bench = new EngineBench();
    private final AtomicInteger answered = new AtomicInteger();

    @AfterEach
    void close() {
        ByteBufUtil.setLeakListener(null);
        bench.close();
    }

    /** Answers the checks, and whatever else comes in one of several ways. */
    private static void serve(Socket connection) throws IOException {
        byte[] request = new byte[256];
        InputStream in = connection.getInputStream();
        int count = in.read(request);
        if (count <= 0) {
            return;
        }
        if (request[0] == 'G') {
            connection.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return;
        }
        connection.getOutputStream().write(request, 0, count);
        switch (request[0]) {
            case 'r' -> {
                connection.setSoLinger(true, 0);
                connection.close();
            }
            case 'e' -> in.transferTo(connection.getOutputStream());
            case 'h' -> {
                connection.shutdownOutput();
                in.readAllBytes();
            }
            default -> {}
        }
    }

    private void live(Random random) throws IOException {
        byte[] words = new byte[1 + random.nextInt(200)];
        words[0] = (byte) "rehc".charAt(random.nextInt(4));
        try (Socket client = bench.client()) {
            if (random.nextInt(10) == 0) {
                return;
            }
            client.getOutputStream().write(words);
            if (client.getInputStream().read() == words[0]) {
                answered.incrementAndGet();
            }
            switch (random.nextInt(4)) {
                case 0 -> client.setSoLinger(true, 0);
                case 1 -> {
                    client.shutdownOutput();
                    client.getInputStream().readAllBytes();
                }
                default -> client.getOutputStream().write(words);
            }
        } catch (IOException resetOrRefused) {
            // Part of the game.
        }
    }

    private Void client(Random random) throws IOException {
        for (int i = 0; i < CONNECTIONS_EACH; i++) {
            live(random);
        }
        return null;
    }

    private void disturb(Random random, List<ScriptedServer> servers) {
        String name = "web" + (1 + random.nextInt(servers.size()));
        switch (random.nextInt(4)) {
            case 0 -> drains.add(bench.engine().drain("web", name, Duration.ofMillis(random.nextInt(50))));
            case 1 -> bench.engine().maintenance("web", name);
            case 2 -> {
                ScriptedServer server = servers.get(random.nextInt(servers.size()));
                server.stopListening();
                server.listenAgain();
            }
            default -> bench.engine().ready("web", name);
        }
    }

    @Test
    void nothingIsLeftOfConnectionsThatEndInAnyWay() throws Exception {
        // What the class library opens once and keeps.
        ScriptedServer.start("127.0.1.1", ScriptedServer.ECHO, false).close();
        long socketsBefore = OpenDescriptors.sockets();
        ByteBufUtil.setLeakListener((resource, records) -> leaks.add(resource + records));
        bench.check(new HealthCheckConfig(
                new HealthCheckConfig.Http("/", "", 200, 399), Duration.ofMillis(20), Duration.ofSeconds(5), 2, 1));
        List<ScriptedServer> servers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            servers.add(bench.server(ChurnTest::serve));
        }
        bench.start();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Random random = new Random(SEED + i);
                clients.add(threads.submit(() -> client(random)));
            }
            Random random = new Random(SEED - 1);
            while (!clients.stream().allMatch(Future::isDone)) {
                disturb(random, servers);
                bench.engine().snapshot();
            }
            for (Future<Void> client : clients) {
                client.get();
            }
        }
        assertThat(answered.get()).as("seed %d", SEED).isPositive();
        servers.forEach(ScriptedServer::close);
        bench.awaitActive(0);
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.lentBlocks()).isZero());
        bench.engine().close();
        assertThat(drains).isNotEmpty().allMatch(CompletableFuture::isDone, "are over");
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(OpenDescriptors.sockets()).isEqualTo(socketsBefore));
        expectNoLeakOfBuffers();
    }

    /** A leak is told when the collector has found the buffer, and another one is taken. */
    private void expectNoLeakOfBuffers() {
        for (int i = 0; i < 5; i++) {
            System.gc();
            UnpooledByteBufAllocator.DEFAULT.directBuffer(16).release();
        }
        assertThat(leaks).isEmpty();
    }
}
