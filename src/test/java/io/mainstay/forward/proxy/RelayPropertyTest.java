// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("property")
class RelayPropertyTest {

    /** One peer of the relayed connection that acts at random. */
    private static final class Peer {

        private final SimulatedSocket socket;
        private final Random random;
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private boolean finished;
        private int toldAgain;

        Peer(SimulatedSocket socket, Random random) {
            this.socket = socket;
            this.random = random;
        }

        void act() {
            switch (random.nextInt(13)) {
                case 0, 1, 2, 3, 4 -> {
                    if (!finished) {
                        byte[] octets = octets();
                        if (random.nextInt(4) == 0) {
                            socket.arriveSilently(octets);
                        } else {
                            socket.arrive(octets);
                        }
                    }
                }
                case 5, 6 -> socket.limitWindow(random.nextInt(100_000));
                case 7, 8, 9 -> socket.openWindow(random.nextInt(random.nextInt(3) > 0 ? 300_000 : 2_000_000));
                case 10 -> {
                    if (random.nextInt(10) == 0) {
                        finish();
                    }
                }
                case 11 -> {
                    if (!finished && random.nextInt(10) == 0) {
                        socket.arriveAroundUrgent(octets(), octets());
                    }
                }
                default -> serveTellAgain();
            }
        }

        /** The next ones that it sends: few as a rule, sometimes so many that they go through a pipe. */
        private byte[] octets() {
            int most = switch (random.nextInt(8)) {
                case 0 -> 1_000_000;
                case 1 -> 150_000;
                default -> 200;
            };
            byte[] octets = new byte[1 + random.nextInt(most)];
            random.nextBytes(octets);
            sent.writeBytes(octets);
            return octets;
        }

        void finish() {
            if (!finished) {
                finished = true;
                socket.peerFinishes();
            }
        }

        boolean serveTellAgain() {
            boolean any = toldAgain < socket.tellAgains();
            if (any) {
                toldAgain = socket.tellAgains();
                socket.tellNow();
            }
            return any;
        }
    }

    /** The memory and pipes for stalls, which other connections take and give back at random; with every second seed there is enough. */
    private static final class Memory {

        private final RelayBench bench;
        private final Random random;
        private final boolean changes;
        private int taken;
        private int takenPipes;

        Memory(RelayBench bench, Random random) {
            this.bench = bench;
            this.random = random;
            changes = random.nextBoolean();
            if (changes) {
                taken = bench.takeMemory();
                takenPipes = random.nextBoolean() ? bench.takePipes() : 0;
            }
        }

        void act() {
            if (changes && random.nextInt(8) == 0) {
                switch (random.nextInt(4)) {
                    case 0 -> taken += bench.takeMemory();
                    case 1 -> takenPipes += bench.takePipes();
                    case 2 -> {
                        bench.giveMemory(Math.min(1, taken));
                        taken -= Math.min(1, taken);
                    }
                    default -> {
                        bench.givePipes(takenPipes);
                        takenPipes = 0;
                    }
                }
            }
        }
    }

    @Test
    void whateverTheInterleavingEveryOctetArrivesOnceAndInOrderWithTheFinBehindIt() {
        int splices = 0;
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            RelayBench bench = new RelayBench(2);
            Memory memory = new Memory(bench, random);
            SimulatedSocket clientSocket = bench.accept();
            Peer client = new Peer(clientSocket, random);
            for (int i = random.nextInt(5); i > 0; i--) {
                client.act();
            }
            SimulatedSocket serverSocket = bench.server();
            serverSocket.connected();
            Peer server = new Peer(serverSocket, random);
            for (int i = 0; i < 100 && !clientSocket.isClosed(); i++) {
                memory.act();
                (random.nextBoolean() ? client : server).act();
            }
            while (!clientSocket.isClosed()) {
                clientSocket.openWindow(Integer.MAX_VALUE);
                serverSocket.openWindow(Integer.MAX_VALUE);
                client.finish();
                server.finish();
                boolean clientGoesOn = client.serveTellAgain();
                boolean serverGoesOn = server.serveTellAgain();
                assertThat(clientGoesOn || serverGoesOn || clientSocket.isClosed())
                        .as("seed %d: connection hangs", seed)
                        .isTrue();
            }
            assertThat(serverSocket.written())
                    .as("seed %d: to the server", seed)
                    .isEqualTo(client.sent.toByteArray());
            assertThat(clientSocket.written())
                    .as("seed %d: to the client", seed)
                    .isEqualTo(server.sent.toByteArray());
            assertThat(clientSocket.deeds()).as("seed %d", seed).last().isEqualTo("CLOSE after " + server.sent.size());
            assertThat(serverSocket.deeds()).as("seed %d", seed).last().isEqualTo("CLOSE after " + client.sent.size());
            assertThat(bench.lane().blocks.lent()).as("seed %d", seed).isZero();
            assertThat(bench.lane().pipes.lent()).as("seed %d", seed).isZero();
            assertThat(bench.lane().wheel.isEmpty()).as("seed %d", seed).isTrue();
            assertThat(bench.snapshot().active()).as("seed %d", seed).isZero();
            assertThat(bench.snapshot().bytesIn()).as("seed %d", seed).isEqualTo(client.sent.size());
            assertThat(bench.snapshot().bytesOut()).as("seed %d", seed).isEqualTo(server.sent.size());
            splices += clientSocket.splices() + serverSocket.splices();
        }
        assertThat(splices).as("moved through pipes").isGreaterThan(100);
    }

    @Test
    void whateverIsResetAndWheneverNothingIsLeftBehind() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            RelayBench bench = new RelayBench(2);
            Memory memory = new Memory(bench, random);
            SimulatedSocket clientSocket = bench.accept();
            SimulatedSocket serverSocket = bench.server();
            serverSocket.connected();
            Peer client = new Peer(clientSocket, random);
            Peer server = new Peer(serverSocket, random);
            int resetAt = random.nextInt(60);
            boolean byClient = random.nextBoolean();
            int otherResetsAt = resetAt + random.nextInt(20);
            for (int i = 0; i < 100 && !(clientSocket.isClosed() && serverSocket.isClosed()); i++) {
                SimulatedSocket resetting = byClient == (i == resetAt) ? clientSocket : serverSocket;
                if (i == resetAt || (i == otherResetsAt && !resetting.isClosed())) {
                    if (random.nextBoolean()) {
                        resetting.peerResetsSilently();
                    } else {
                        resetting.peerResets();
                    }
                }
                Peer next = random.nextBoolean() ? client : server;
                memory.act();
                if (!next.socket.isClosed()) {
                    next.act();
                }
            }
            for (SimulatedSocket socket : List.of(clientSocket, serverSocket)) {
                if (!socket.isClosed()) {
                    // By now the kernel has told of the reset of either, and that whoever waits to write need not wait.
                    socket.peerResets();
                    socket.openWindow(1);
                }
            }
            assertThat(clientSocket.isClosed() && serverSocket.isClosed())
                    .as("seed %d: closed as soon as both are gone", seed)
                    .isTrue();
            bench.pass(RelayBench.IDLE_TIMEOUT.multipliedBy(2));
            assertThat(clientSocket.isClosed() && serverSocket.isClosed())
                    .as("seed %d: closed", seed)
                    .isTrue();
            assertThat(isBeginningOf(serverSocket.written(), client.sent.toByteArray()))
                    .as("seed %d: to the server", seed)
                    .isTrue();
            assertThat(isBeginningOf(clientSocket.written(), server.sent.toByteArray()))
                    .as("seed %d: to the client", seed)
                    .isTrue();
            assertThat(bench.lane().blocks.lent()).as("seed %d", seed).isZero();
            assertThat(bench.lane().pipes.lent()).as("seed %d", seed).isZero();
            assertThat(bench.lane().wheel.isEmpty()).as("seed %d", seed).isTrue();
            assertThat(bench.snapshot().active()).as("seed %d", seed).isZero();
        }
    }

    private static boolean isBeginningOf(byte[] start, byte[] whole) {
        int mismatch = Arrays.mismatch(start, whole);
        return mismatch < 0 || mismatch == start.length;
    }
}
