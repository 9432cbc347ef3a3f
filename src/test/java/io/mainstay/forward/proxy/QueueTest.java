// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.Balance;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.PersistenceConfig.DuringDrain;
import io.mainstay.forward.PersistenceConfig.WhenFull;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that find every backend full. */
class QueueTest {

    private static final Endpoint OTHER = Endpoint.parse("198.18.2.2:50000");
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private RelayBench bench = full(SelectionConfig.of(Balance.LEAST_CONN));

    /** Two backends with one connection each. */
    private static RelayBench full(SelectionConfig selection) {
        RelayBench bench = new RelayBench(selection, RelayBench.backends(2, 1));
        bench.traffic(TrafficConfig.DEFAULT.withQueue(new QueueConfig(2, TIMEOUT)));
        return bench;
    }

    private static SelectionConfig keeping(WhenFull whenFull) {
        return SelectionConfig.of(Balance.LEAST_CONN)
                .withPersistence(new PersistenceConfig(
                        AddressGrouping.DEFAULT, Duration.ofMinutes(1), 100, DuringDrain.REFUSE, whenFull));
    }

    private static void end(SimulatedSocket client, SimulatedSocket server) {
        client.peerFinishes();
        server.peerFinishes();
    }

    private SimulatedSocket served() {
        SimulatedSocket client = bench.accept();
        bench.server().connected();
        return client;
    }

    private void expectWaiting(int count) {
        assertThat(bench.snapshot().waiting()).isEqualTo(count);
    }

    @AfterEach
    void nothingIsLeft() {
        bench.pass(Duration.ofMinutes(11));
        bench.runTasks();
        bench.pass(Duration.ofMinutes(11));
        assertThat(bench.snapshot().active()).isZero();
        assertThat(bench.lane().load().live()).isZero();
        expectWaiting(0);
        assertThat(bench.lane().wheel.isEmpty()).isTrue();
    }

    @Test
    void whoWaitsGetsTheFirstBackendWithRoomAndEverythingThatWasSentMeanwhile() {
        served();
        SimulatedSocket second = served();
        SimulatedSocket secondServer = bench.server();
        SimulatedSocket waiting = bench.queue(RelayBench.CLIENT);
        waiting.arrive("hel".getBytes(US_ASCII));
        waiting.arrive("lo".getBytes(US_ASCII));
        expectWaiting(1);
        assertThat(bench.attempts()).hasSize(2);
        end(second, secondServer);
        bench.runTasks();
        expectWaiting(0);
        assertThat(bench.attempts().getLast()).isEqualTo(bench.attempts().get(1));
        bench.server().connected();
        assertThat(bench.server().written()).isEqualTo("hello".getBytes(US_ASCII));
    }

    @Test
    void theFirstWhoCameIsTheFirstWhoIsServed() {
        SimulatedSocket present = served();
        SimulatedSocket presentServer = bench.server();
        served();
        SimulatedSocket first = bench.queue(RelayBench.CLIENT);
        bench.queue(OTHER);
        end(present, presentServer);
        bench.runTasks();
        bench.server().connected();
        first.arrive("1".getBytes(US_ASCII));
        assertThat(bench.server().written()).isEqualTo("1".getBytes(US_ASCII));
        expectWaiting(1);
    }

    @Test
    void whoFindsTheQueueFullIsResetAndCounted() {
        served();
        served();
        bench.queue(RelayBench.CLIENT);
        bench.queue(RelayBench.CLIENT);
        SimulatedSocket third = bench.queue(RelayBench.CLIENT);
        assertThat(third.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.QUEUE_FULL)).isEqualTo(1);
    }

    @Test
    void whoHasWaitedLongEnoughIsResetAndCounted() {
        served();
        served();
        SimulatedSocket waiting = bench.queue(RelayBench.CLIENT);
        bench.pass(TIMEOUT.minusMillis(100));
        assertThat(waiting.isClosed()).isFalse();
        bench.pass(RelayBench.TIMER_SLACK.plusMillis(100));
        assertThat(waiting.deeds()).containsExactly("RST after 0");
        assertThat(bench.refused(RefusalReason.QUEUE_TIMEOUT)).isEqualTo(1);
    }

    @Test
    void whoGoesAwayGivesItsPlaceUp() {
        SimulatedSocket present = served();
        SimulatedSocket presentServer = bench.server();
        served();
        SimulatedSocket gone = bench.queue(RelayBench.CLIENT);
        bench.queue(OTHER);
        gone.peerResets();
        expectWaiting(1);
        end(present, presentServer);
        bench.runTasks();
        expectWaiting(0);
        assertThat(bench.attempts()).hasSize(3);
    }

    @Test
    void aPlaceThatIsGivenToSomebodyWhoHasJustGoneGoesToTheNext() {
        SimulatedSocket present = served();
        SimulatedSocket presentServer = bench.server();
        served();
        SimulatedSocket gone = bench.queue(RelayBench.CLIENT);
        bench.queue(OTHER);
        end(present, presentServer);
        gone.peerResets();
        bench.runTasks();
        expectWaiting(0);
        assertThat(bench.attempts()).hasSize(3);
        assertThat(bench.snapshot().active()).isEqualTo(2);
    }

    @Test
    void aBackendThatComesBackServesThoseWhoWait() {
        LiveBackend web2 = bench.service().backend("web2");
        bench.service().maintenance(web2);
        served();
        bench.queue(RelayBench.CLIENT);
        expectWaiting(1);
        bench.service().ready(web2);
        bench.check(web2, true);
        bench.runTasks();
        expectWaiting(0);
        assertThat(bench.attempts().getLast()).isEqualTo("web2");
    }

    @Test
    void aClientMayWaitForTheBackendThatItHas() {
        bench = full(keeping(WhenFull.WAIT));
        SimulatedSocket own = served();
        SimulatedSocket ownServer = bench.server();
        SimulatedSocket waiting = bench.queue(RelayBench.CLIENT);
        expectWaiting(1);
        // The other backend has room all the time, and others get it.
        bench.queue(OTHER);
        bench.runTasks();
        expectWaiting(1);
        assertThat(bench.attempts()).containsExactly("web1", "web2");
        end(own, ownServer);
        bench.runTasks();
        assertThat(bench.attempts()).containsExactly("web1", "web2", "web1");
        assertThat(waiting.isClosed()).isFalse();
    }

    @Test
    void elseItGetsAnother() {
        bench = full(keeping(WhenFull.OTHER));
        served();
        bench.queue(RelayBench.CLIENT);
        bench.runTasks();
        assertThat(bench.attempts()).containsExactly("web1", "web2");
    }

    @Test
    @Tag("property")
    void nobodyWaitsWhileABackendHasRoomAndNoBackendHasMoreThanItMay() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            RelayBench many = new RelayBench(SelectionConfig.of(Balance.LEAST_CONN), RelayBench.backends(3, 2));
            many.traffic(TrafficConfig.DEFAULT.withQueue(new QueueConfig(5, TIMEOUT)));
            List<SimulatedSocket> clients = new ArrayList<>();
            for (int step = 0; step < 120; step++) {
                switch (random.nextInt(5)) {
                    case 0, 1 -> clients.add(many.queue(random.nextBoolean() ? RelayBench.CLIENT : OTHER));
                    case 2 -> {
                        if (!clients.isEmpty()) {
                            SimulatedSocket gone = clients.remove(random.nextInt(clients.size()));
                            if (!gone.isClosed()) {
                                gone.peerResets();
                            }
                        }
                    }
                    case 3 -> many.runTasks();
                    default -> many.pass(Duration.ofMillis(random.nextInt(1500)));
                }
                ServiceSnapshot seen = many.snapshot();
                assertThat(seen.active()).as("seed %d", seed).isLessThanOrEqualTo(6);
                assertThat(seen.waiting() == 0 || seen.active() == 6)
                        .as("seed %d", seed)
                        .isTrue();
                assertThat(seen.backends()).as("seed %d", seed).allMatch(backend -> backend.active() <= 2);
            }
            many.abortAll();
            many.runTasks();
            assertThat(many.snapshot().active()).as("seed %d", seed).isZero();
            assertThat(many.snapshot().waiting()).as("seed %d", seed).isZero();
        }
    }
}
