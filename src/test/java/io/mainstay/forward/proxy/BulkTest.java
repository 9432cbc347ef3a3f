// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the relay moves octets through a pipe, and what becomes of those that lie in one. */
class BulkTest {

    private static final int BLOCK = BlockPool.BLOCK_SIZE;

    private final RelayBench bench = new RelayBench(3);
    private final SimulatedSocket client = bench.accept();
    private final SimulatedSocket server = bench.server();
    private byte[] sent = {};
    private int pipesLeft = RelayBench.MAX_PIPES;

    BulkTest() {
        server.connected();
    }

    @AfterEach
    void everythingIsGivenBack() {
        bench.pass(Duration.ofMinutes(11));
        assertThat(bench.snapshot().active()).isZero();
        assertThat(bench.lane().blocks.lent()).isZero();
        assertThat(bench.lane().pipes.lent()).isZero();
        bench.lane().pipes.close();
        assertThat(bench.pipes().count()).isZero();
        assertThat(bench.takePipes()).isEqualTo(pipesLeft);
    }

    /** The next octets of the backend's stream, no two parts of which are alike. */
    private byte[] next(int count) {
        byte[] octets = new byte[count];
        for (int i = 0; i < count; i++) {
            int at = sent.length + i;
            octets[i] = (byte) (at * 31 + at / 251);
        }
        byte[] all = Arrays.copyOf(sent, sent.length + count);
        System.arraycopy(octets, 0, all, sent.length, count);
        sent = all;
        return octets;
    }

    /** So much that what comes next goes through a pipe. */
    private void becomeBulk() {
        server.arrive(next(4 * BLOCK));
        assertThat(server.splices()).isEqualTo(1);
    }

    private void expectAllHasArrived() {
        assertThat(client.written()).isEqualTo(sent);
    }

    @Test
    void fourLargeReadsLeadThroughAPipe() {
        server.arrive(next(4 * BLOCK + 100_000));
        assertThat(server.reads()).isEqualTo(4);
        assertThat(server.splices()).isPositive();
        expectAllHasArrived();
        assertThat(bench.snapshot().bytesOut()).isEqualTo(sent.length);
    }

    @Test
    void fewerDoNot() {
        server.arrive(next(3 * BLOCK + 100));
        assertThat(server.splices()).isZero();
        expectAllHasArrived();
    }

    @Test
    void theLastOfWhatASocketHeldMayBeSmall() {
        for (int i = 0; i < 4; i++) {
            server.arrive(next(2 * BLOCK + 14_000));
        }
        assertThat(server.splices()).isPositive();
        expectAllHasArrived();
    }

    @Test
    void asManySmallOnesAsLargeOnesDoNot() {
        for (int i = 0; i < 20; i++) {
            server.arrive(next(BLOCK + 100));
        }
        assertThat(server.splices()).isZero();
        expectAllHasArrived();
    }

    @Test
    void theOtherDirectionIsStillCopied() {
        becomeBulk();
        client.arrive(new byte[100]);
        assertThat(client.splices()).isZero();
        assertThat(server.written()).hasSize(100);
    }

    @Test
    void aPipeIsThereForAllWhoseReadersKeepUp() {
        SimulatedSocket otherClient = bench.accept();
        SimulatedSocket otherServer = bench.server();
        otherServer.connected();
        byte[] stream = new byte[8 * BLOCK];
        otherServer.arrive(stream);
        server.arrive(next(8 * BLOCK));
        assertThat(bench.pipes().count()).isEqualTo(1);
        assertThat(bench.lane().pipes.lent()).isZero();
        assertThat(otherClient.written()).isEqualTo(stream);
        expectAllHasArrived();
    }

    @Test
    void whatComesInSmallPortionsAgainIsCopiedAgain() {
        becomeBulk();
        server.arrive(next(100));
        int splices = server.splices();
        server.arrive(next(100));
        assertThat(server.splices()).isEqualTo(splices);
        expectAllHasArrived();
    }

    @Test
    void aPipeThatIsFullOfSmallPiecesIsNotTakenForTheEndOfWhatIsThere() {
        becomeBulk();
        for (int i = 0; i < 200; i++) {
            server.arriveSilently(next(10));
        }
        server.arrive(next(10));
        expectAllHasArrived();
    }

    @Test
    void aSlowReaderHoldsAPipeUntilItHasTakenWhatIsInIt() {
        client.limitWindow(5 * BLOCK);
        server.arrive(next(12 * BLOCK));
        assertThat(bench.lane().pipes.lent()).isEqualTo(1);
        assertThat(bench.lane().blocks.lent()).isZero();
        int reads = server.reads() + server.splices();
        server.arrive(next(BLOCK));
        assertThat(server.reads() + server.splices())
                .as("nothing is read for who takes nothing")
                .isEqualTo(reads);
        client.openWindow(BLOCK);
        assertThat(bench.lane().pipes.lent()).isEqualTo(1);
        client.openWindow(Integer.MAX_VALUE);
        assertThat(bench.lane().pipes.lent()).isZero();
        assertThat(bench.pipes().count()).isEqualTo(1);
        expectAllHasArrived();
    }

    @Test
    void aFinWaitsForWhatIsInThePipe() {
        client.limitWindow(5 * BLOCK);
        server.arrive(next(6 * BLOCK));
        server.peerFinishes();
        assertThat(bench.lane().pipes.lent()).isEqualTo(1);
        assertThat(client.deeds()).isEmpty();
        client.openWindow(Integer.MAX_VALUE);
        expectAllHasArrived();
        assertThat(client.deeds()).containsExactly("FIN after " + sent.length);
        client.peerFinishes();
        assertThat(client.deeds()).last().isEqualTo("CLOSE after " + sent.length);
    }

    @Test
    void aFinBehindBulkIsSeenWhenThePipeIsRead() {
        becomeBulk();
        server.arriveSilently(next(8 * BLOCK));
        server.peerFinishes();
        expectAllHasArrived();
        assertThat(client.deeds()).containsExactly("FIN after " + sent.length);
    }

    @Test
    void whatIsInThePipeIsDeliveredBeforeTheResetBehindIt() {
        client.limitWindow(5 * BLOCK);
        server.arrive(next(6 * BLOCK));
        server.peerResets();
        assertThat(client.deeds()).isEmpty();
        client.openWindow(Integer.MAX_VALUE);
        expectAllHasArrived();
        assertThat(client.deeds()).containsExactly("RST after " + sent.length);
    }

    @Test
    void aPipeWithOctetsForAReaderThatHasResetIsClosed() {
        client.limitWindow(5 * BLOCK);
        server.arrive(next(6 * BLOCK));
        client.peerResets();
        client.openWindow(1);
        assertThat(server.isClosed()).isTrue();
        assertThat(bench.lane().pipes.lent()).isZero();
        assertThat(bench.pipes().count()).isZero();
    }

    @Test
    void soIsOneWhoseFirstOctetsAreRefused() {
        becomeBulk();
        client.peerResetsSilently();
        server.arrive(next(BLOCK));
        assertThat(bench.lane().pipes.lent()).isZero();
        assertThat(bench.pipes().count()).isZero();
    }

    @Test
    void silenceOfAReaderWhoseOctetsAreInAPipeEndsTheConnection() {
        client.limitWindow(5 * BLOCK);
        server.arrive(next(6 * BLOCK));
        bench.pass(RelayBench.IDLE_TIMEOUT.minusSeconds(1));
        client.openWindow(1);
        bench.pass(RelayBench.IDLE_TIMEOUT.minusSeconds(1));
        assertThat(client.isClosed()).isFalse();
        bench.pass(Duration.ofSeconds(1).plus(RelayBench.TIMER_SLACK));
        assertThat(client.deeds()).containsExactly("RST after " + (5 * BLOCK + 1));
        assertThat(bench.pipes().count()).isZero();
    }

    @Test
    void withoutAPipeOctetsAreCopied() {
        bench.takePipes();
        server.arrive(next(12 * BLOCK));
        assertThat(server.splices()).isZero();
        expectAllHasArrived();
        bench.givePipes(RelayBench.MAX_PIPES);
        server.arrive(next(12 * BLOCK));
        assertThat(server.splices()).isPositive();
        expectAllHasArrived();
    }

    @Test
    void whoHoldsThePipesLeavesOthersToCopying() {
        for (int i = 0; i < RelayBench.MAX_PIPES; i++) {
            SimulatedSocket slow = bench.accept();
            slow.limitWindow(4 * BLOCK);
            bench.server().connected();
            bench.server().arrive(new byte[5 * BLOCK]);
        }
        assertThat(bench.lane().pipes.lent()).isEqualTo(RelayBench.MAX_PIPES);
        client.limitWindow(7 * BLOCK);
        server.arrive(next(12 * BLOCK));
        assertThat(server.splices()).isZero();
        assertThat(bench.lane().blocks.lent()).isEqualTo(1);
        client.openWindow(Integer.MAX_VALUE);
        expectAllHasArrived();
    }

    @Test
    void soTheyAreWhenNoneCanBeOpened() {
        bench.pipes().exhaust();
        server.arrive(next(12 * BLOCK));
        assertThat(server.splices()).isZero();
        expectAllHasArrived();
    }

    @Test
    void whatTheKernelDoesNotSpliceIsCopiedForGood() {
        server.refuseSplice();
        server.arrive(next(12 * BLOCK));
        expectAllHasArrived();
        assertThat(bench.pipes().count()).isZero();
        server.arrive(next(12 * BLOCK));
        expectAllHasArrived();
        assertThat(bench.pipes().attempts()).isEqualTo(1);
        // So that other workers know.
        pipesLeft = 0;
    }

    @Test
    void fromAnUrgentOctetOnEverythingIsCopied() {
        becomeBulk();
        server.arriveSilently(next(BLOCK));
        server.arriveAroundUrgent(next(BLOCK), next(10 * BLOCK));
        int splices = server.splices();
        expectAllHasArrived();
        server.arrive(next(12 * BLOCK));
        assertThat(server.splices()).isEqualTo(splices);
        expectAllHasArrived();
    }

    @Test
    void octetsThatWaitAtAnUrgentOneAreNotForgottenWhenThePipeMeetsItFirst() {
        becomeBulk();
        // The kernel tells of the urgent octet only after the pipe has met it.
        server.arriveSilently(next(BLOCK));
        server.arriveUrgentSilently(next(BLOCK));
        server.tellNow();
        server.tellOfUrgent();
        expectAllHasArrived();
    }

    @Test
    void aFastStreamLetsOthersHaveTheirTurn() {
        server.arrive(next(100 * BLOCK));
        assertThat(server.tellAgains()).isEqualTo(1);
        assertThat(client.written().length).isEqualTo(16 * BLOCK);
        while (client.written().length < sent.length) {
            server.tellNow();
        }
        expectAllHasArrived();
    }
}
