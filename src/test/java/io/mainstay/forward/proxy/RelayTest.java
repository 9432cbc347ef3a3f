// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.RefusalReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The relay once it has a backend. */
class RelayTest {

    private final RelayBench bench = new RelayBench(3);
    private final SimulatedSocket client = bench.accept();
    private final SimulatedSocket server = bench.server();

    RelayTest() {
        server.connected();
    }

    private static byte[] octets(String text) {
        return text.getBytes(US_ASCII);
    }

    private static byte[] many(int count) {
        byte[] octets = new byte[count];
        for (int i = 0; i < count; i++) {
            octets[i] = (byte) (i * 31 + i / 251);
        }
        return octets;
    }

    private void expectAllIsReturned() {
        assertThat(bench.snapshot().active()).isZero();
        assertThat(bench.lane().load().live()).isZero();
        assertThat(bench.lane().blocks.lent()).isZero();
        assertThat(bench.lane().wheel.isEmpty()).isTrue();
    }

    @AfterEach
    void everyConnectionGivesBackWhatItHeld() {
        bench.pass(Duration.ofMinutes(11));
        expectAllIsReturned();
    }

    @Test
    void octetsPassBothWays() {
        client.arrive(octets("question"));
        server.arrive(octets("answer"));
        assertThat(server.written()).isEqualTo(octets("question"));
        assertThat(client.written()).isEqualTo(octets("answer"));
    }

    @Test
    void octetsAreCountedForTheBackend() {
        client.arrive(octets("question"));
        server.arrive(octets("answer"));
        BackendSnapshot backend = bench.snapshot().backends().getFirst();
        assertThat(backend.bytesIn()).isEqualTo(8);
        assertThat(backend.bytesOut()).isEqualTo(6);
        assertThat(backend.total()).isEqualTo(1);
        assertThat(backend.active()).isEqualTo(1);
    }

    @Test
    void aShortReadIsTheLastOneOfItsEvent() {
        client.arrive(octets("question"));
        assertThat(client.reads()).isEqualTo(1);
    }

    @Test
    void theLastOctetsAndTheFinMayShareAPacket() {
        client.arriveSilently(octets("question"));
        client.peerFinishes();
        assertThat(server.expectsFinish()).isTrue();
        assertThat(server.deeds()).containsExactly("FIN after 8");
    }

    @Test
    void octetsThatMayNotBeTheLastAreNotHeldBack() {
        client.arrive(octets("question"));
        server.arriveSilently(many(BlockPool.BLOCK_SIZE));
        server.peerResets();
        assertThat(server.expectsFinish()).isFalse();
        assertThat(client.expectsFinish()).isFalse();
    }

    @Test
    void aReadThatStopsAtAnUrgentOctetIsNotTheLastOne() {
        client.arriveAroundUrgent(octets("before"), octets("behind"));
        assertThat(server.written()).isEqualTo(octets("beforebehind"));
    }

    @Test
    void aFinIsPassedOnAndTheOtherDirectionStaysOpen() {
        client.arrive(octets("question"));
        client.peerFinishes();
        assertThat(server.deeds()).containsExactly("FIN after 8");
        server.arrive(octets("answer"));
        assertThat(client.written()).isEqualTo(octets("answer"));
        assertThat(client.deeds()).isEmpty();
    }

    @Test
    void bothSidesAreClosedWhenBothHaveFinished() {
        client.peerFinishes();
        server.arrive(octets("answer"));
        server.peerFinishes();
        assertThat(client.deeds()).containsExactly("CLOSE after 6");
        assertThat(server.deeds()).containsExactly("FIN after 0", "CLOSE after 0");
        expectAllIsReturned();
    }

    @Test
    void aFinWaitsForTheOctetsBeforeIt() {
        server.limitWindow(3);
        client.arrive(octets("question"));
        client.peerFinishes();
        assertThat(server.deeds()).isEmpty();
        server.openWindow(2);
        assertThat(server.deeds()).isEmpty();
        server.openWindow(100);
        assertThat(server.written()).isEqualTo(octets("question"));
        assertThat(server.deeds()).containsExactly("FIN after 8");
    }

    @Test
    void theSocketsStayOpenUntilBothFinsAndAllOctetsAreThrough() {
        client.peerFinishes();
        client.limitWindow(2);
        server.arrive(octets("answer"));
        server.peerFinishes();
        assertThat(client.isClosed()).isFalse();
        client.openWindow(100);
        assertThat(client.written()).isEqualTo(octets("answer"));
        assertThat(client.deeds()).containsExactly("CLOSE after 6");
    }

    @Test
    void whoTakesNothingStopsTheReadingOfTheOther() {
        client.limitWindow(10);
        byte[] stream = many(5 * BlockPool.BLOCK_SIZE);
        server.arrive(stream);
        int readsWhenFull = server.reads();
        server.arrive(many(1));
        server.arrive(many(1));
        assertThat(server.reads()).isEqualTo(readsWhenFull).isEqualTo(1);
        assertThat(bench.lane().blocks.lent()).isEqualTo(1);
        client.openWindow(Integer.MAX_VALUE);
        assertThat(client.written()).hasSize(stream.length + 2).startsWith(stream);
        assertThat(bench.lane().blocks.lent()).isZero();
    }

    @Test
    void beyondTheMemoryForStallsOctetsWaitInTheSocketFromWhichTheyCome() {
        List<SimulatedSocket> stalled = new ArrayList<>();
        for (int i = 0; i < RelayBench.MAX_LENT_BLOCKS; i++) {
            SimulatedSocket slow = bench.accept();
            stalled.add(slow);
            slow.limitWindow(0);
            bench.server().connected();
            bench.server().arrive(octets("answer"));
        }
        client.limitWindow(2);
        server.arriveSilently(octets("answer"));
        server.peerFinishes();
        assertThat(client.written()).isEqualTo(octets("an"));
        assertThat(bench.lane().blocks.lent()).isEqualTo(RelayBench.MAX_LENT_BLOCKS);
        client.openWindow(3);
        assertThat(client.written()).isEqualTo(octets("answe"));
        assertThat(client.deeds()).isEmpty();
        client.openWindow(100);
        assertThat(client.written()).isEqualTo(octets("answer"));
        assertThat(client.deeds()).containsExactly("FIN after 6");
        assertThat(stalled).noneMatch(SimulatedSocket::isClosed);
        assertThat(bench.refused(RefusalReason.NO_MEMORY)).isZero();
        assertThat(bench.snapshot().bytesOut()).isEqualTo(6 * (1 + RelayBench.MAX_LENT_BLOCKS));
    }

    @Test
    void whoWaitsInASocketGetsMemoryAgainWhenThereIsSome() {
        int memory = bench.takeMemory();
        client.limitWindow(2);
        server.arrive(octets("answer"));
        bench.giveMemory(memory);
        client.openWindow(2);
        assertThat(client.written()).isEqualTo(octets("answ"));
        assertThat(bench.lane().blocks.lent()).isEqualTo(1);
        client.openWindow(100);
        assertThat(client.written()).isEqualTo(octets("answer"));
    }

    @Test
    void aResetOfWhoTakesNothingLeavesNothingBehindWithoutMemoryEither() {
        bench.takeMemory();
        client.limitWindow(2);
        server.arrive(octets("answer"));
        client.peerResets();
        assertThat(server.deeds()).containsExactly("RST after 0");
        expectAllIsReturned();
    }

    @Test
    void silenceIsCountedFromTheLastOctetThatASlowPeerTook() {
        bench.takeMemory();
        client.limitWindow(2);
        server.arrive(octets("answer"));
        bench.pass(RelayBench.IDLE_TIMEOUT.plus(RelayBench.TIMER_SLACK));
        assertThat(client.deeds()).containsExactly("RST after 2");
    }

    @Test
    void aStallInOneDirectionLeavesTheOtherAlone() {
        client.limitWindow(0);
        server.arrive(octets("answer"));
        client.arrive(octets("question"));
        assertThat(server.written()).isEqualTo(octets("question"));
    }

    @Test
    void aFastStreamLetsOthersHaveTheirTurn() {
        byte[] stream = many(40 * BlockPool.BLOCK_SIZE);
        server.arrive(stream);
        assertThat(server.tellAgains()).isEqualTo(1);
        assertThat(client.written().length).isBetween(BlockPool.BLOCK_SIZE, stream.length - BlockPool.BLOCK_SIZE);
        server.tellNow();
        server.tellNow();
        assertThat(client.written()).isEqualTo(stream);
    }

    @Test
    void aResetIsPassedOnBehindWhatWasReadBeforeIt() {
        server.arriveSilently(octets("half an ans"));
        server.peerResets();
        assertThat(client.written()).isEqualTo(octets("half an ans"));
        assertThat(client.deeds()).containsExactly("RST after 11");
        expectAllIsReturned();
    }

    @Test
    void aResetOfTheClientIsPassedOnToo() {
        client.peerResets();
        assertThat(server.deeds()).containsExactly("RST after 0");
        expectAllIsReturned();
    }

    @Test
    void aResetWaitsUntilASlowPeerHasTakenWhatWasReadBeforeIt() {
        client.limitWindow(4);
        server.arriveSilently(octets("half an ans"));
        server.peerResets();
        assertThat(client.isClosed()).isFalse();
        client.openWindow(100);
        // The reset came behind octets that were not read as long as the client took nothing.
        assertThat(client.written()).isEqualTo(octets("half an ans"));
        assertThat(client.deeds()).containsExactly("RST after 11");
    }

    @Test
    void aResetWaitsUntilThePeersKernelHasAllOctets() {
        client.keepUndelivered();
        server.arriveSilently(octets("half an ans"));
        server.peerResets();
        bench.pass(Duration.ofSeconds(2));
        assertThat(client.deeds()).isEmpty();
        client.deliverAll();
        bench.pass(Duration.ofSeconds(1));
        assertThat(client.deeds()).containsExactly("RST after 11");
    }

    @Test
    void aResetDoesNotWaitForeverForAPeerThatTakesNothing() {
        client.keepUndelivered();
        server.peerResets();
        bench.pass(RelayBench.HALF_CLOSED_TIMEOUT.plus(RelayBench.TIMER_SLACK));
        assertThat(client.deeds()).containsExactly("RST after 0");
        expectAllIsReturned();
    }

    @Test
    void aResetAfterTheFinClosesTheOtherSideInOrder() {
        server.arrive(octets("answer"));
        server.peerFinishes();
        assertThat(client.deeds()).containsExactly("FIN after 6");
        server.peerResets();
        assertThat(client.deeds()).containsExactly("FIN after 6", "CLOSE after 6");
        expectAllIsReturned();
    }

    @Test
    void afterAResetBehindTheFinTheOtherSideIsClosedWhenThePeersKernelHasAllOctets() {
        client.keepUndelivered();
        server.arrive(octets("answer"));
        server.peerFinishes();
        server.peerResets();
        bench.pass(Duration.ofSeconds(2));
        assertThat(client.deeds()).containsExactly("FIN after 6");
        client.deliverAll();
        bench.pass(Duration.ofSeconds(1));
        assertThat(client.deeds()).containsExactly("FIN after 6", "CLOSE after 6");
        expectAllIsReturned();
    }

    @Test
    void aPeerThatGoesOnTakingIsWaitedForUntilItTakesNoMore() {
        client.keepUndelivered();
        server.arrive(octets("answer"));
        server.peerFinishes();
        server.peerResets();
        for (int i = 0; i < 3; i++) {
            bench.pass(RelayBench.HALF_CLOSED_TIMEOUT.minusSeconds(1));
            client.acknowledge(1);
        }
        bench.pass(RelayBench.HALF_CLOSED_TIMEOUT.minusSeconds(1));
        assertThat(client.isClosed()).isFalse();
        bench.pass(Duration.ofSeconds(1).plus(RelayBench.TIMER_SLACK.multipliedBy(2)));
        // It has not got the FIN, and must not take what it has for all.
        assertThat(client.deeds()).containsExactly("FIN after 6", "RST after 6");
        expectAllIsReturned();
    }

    @Test
    void aPeerThatHasAllAndGoesOnSendingIsToldAtOnce() {
        server.keepUndelivered();
        client.peerFinishes();
        client.peerResets();
        server.arrive(octets("answer"));
        assertThat(server.deeds()).containsExactly("FIN after 0");
        server.deliverAll();
        server.arrive(octets("to nobody"));
        assertThat(server.deeds()).containsExactly("FIN after 0", "CLOSE after 0");
        expectAllIsReturned();
    }

    @Test
    void aPeerThatGoesAwayIsWaitedForNoLonger() {
        client.keepUndelivered();
        server.arrive(octets("answer"));
        server.peerFinishes();
        server.peerResets();
        client.peerResets();
        assertThat(client.isClosed()).isTrue();
        expectAllIsReturned();
    }

    @Test
    void anAnswerGivenBeforeTheBackendRefusedTheRestIsDelivered() {
        server.arriveSilently(octets("413 too large"));
        server.peerResetsSilently();
        client.arrive(octets("more of the upload"));
        assertThat(client.written()).isEqualTo(octets("413 too large"));
        assertThat(client.deeds()).containsExactly("RST after 13");
        expectAllIsReturned();
    }

    @Test
    void anAnswerWithItsFinBeforeTheRefusalEndsInOrder() {
        server.arrive(octets("413 too large"));
        server.peerFinishes();
        server.peerResetsSilently();
        client.arrive(octets("more of the upload"));
        assertThat(client.deeds()).containsExactly("FIN after 13", "CLOSE after 13");
        expectAllIsReturned();
    }

    @Test
    void whenBothGoAwayWhileNeitherTakesAnythingItEndsAtOnce() {
        client.limitWindow(0);
        server.limitWindow(0);
        client.arrive(octets("question"));
        server.arrive(octets("answer"));
        client.arriveSilently(octets("another"));
        server.arriveSilently(octets("another"));
        client.peerResets();
        client.openWindow(1);
        assertThat(client.isClosed()).isFalse();
        server.peerResets();
        server.openWindow(1);
        assertThat(client.isClosed()).isTrue();
        assertThat(server.isClosed()).isTrue();
        expectAllIsReturned();
    }

    @Test
    void silenceOnBothSidesEndsTheConnectionByResets() {
        bench.pass(RelayBench.IDLE_TIMEOUT);
        assertThat(client.isClosed()).isFalse();
        bench.pass(RelayBench.TIMER_SLACK);
        assertThat(client.deeds()).containsExactly("RST after 0");
        assertThat(server.deeds()).containsExactly("RST after 0");
        expectAllIsReturned();
    }

    @Test
    void anyOctetStartsTheIdleTimeAnew() {
        for (int i = 0; i < 3; i++) {
            bench.pass(RelayBench.IDLE_TIMEOUT.minusSeconds(1));
            server.arrive(many(1));
        }
        bench.pass(RelayBench.IDLE_TIMEOUT);
        assertThat(client.isClosed()).isFalse();
        bench.pass(RelayBench.TIMER_SLACK);
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void anOctetThatASlowPeerTakesStartsTheIdleTimeAnewToo() {
        client.limitWindow(0);
        server.arrive(many(2));
        bench.pass(RelayBench.IDLE_TIMEOUT.minusSeconds(1));
        client.openWindow(1);
        bench.pass(RelayBench.IDLE_TIMEOUT.minusSeconds(1));
        assertThat(client.isClosed()).isFalse();
    }

    @Test
    void afterOneFinOnlyTheHalfClosedTimeIsLeftInSilence() {
        client.peerFinishes();
        bench.pass(RelayBench.HALF_CLOSED_TIMEOUT.minusSeconds(1));
        server.arrive(octets("still busy"));
        bench.pass(RelayBench.HALF_CLOSED_TIMEOUT);
        assertThat(client.isClosed()).isFalse();
        bench.pass(RelayBench.TIMER_SLACK);
        // A FIN would tell the client that the answer is complete.
        assertThat(client.deeds()).containsExactly("RST after 10");
        assertThat(server.deeds()).containsExactly("FIN after 0", "RST after 0");
    }
}
