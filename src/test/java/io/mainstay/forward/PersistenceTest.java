// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.PersistenceConfig.DuringDrain;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PersistenceTest {

    private static final Duration TIMEOUT = Duration.ofMinutes(30);

    private static PoolBench bench(int maxClients, DuringDrain duringDrain) {
        return new PoolBench(SelectionConfig.of(Balance.ROUND_ROBIN)
                .withPersistence(new PersistenceConfig(AddressGrouping.DEFAULT, TIMEOUT, maxClients, duringDrain)));
    }

    private final PoolBench bench = bench(100, DuringDrain.REFUSE).with(1, 1, 1);

    private static PersistenceTable<String> table(PoolBench bench) {
        return bench.pool().persistence().orElseThrow();
    }

    private static Endpoint client(String address) {
        return new Endpoint(IpAddress.parse(address), 1024);
    }

    @Test
    void aClientKeepsTheBackendThatItGot() {
        assertThat(bench.choose(client("198.18.0.1")).backend()).isEqualTo("a");
        assertThat(bench.choose(client("198.18.0.2")).backend()).isEqualTo("b");
        assertThat(bench.choose(client("198.18.0.1")).backend()).isEqualTo("a");
        assertThat(bench.choose(client("198.18.0.3")).backend()).isEqualTo("c");
        assertThat(bench.choose(client("198.18.0.2")).backend()).isEqualTo("b");
    }

    @Test
    void aHostWithManyAddressesOfItsNetworkIsOneClient() {
        Candidate<String> chosen = bench.choose(client("2001:db8::1"));
        assertThat(bench.choose(client("2001:db8::2:3:4:5"))).isSameAs(chosen);
        assertThat(table(bench).latest(9, bench.now()))
                .containsExactly(new PersistenceTable.Client<>("2001:db8::/64", "a", TIMEOUT));
    }

    @Test
    void aClientIsForgottenAfterItsTime() {
        bench.choose(client("198.18.0.1"));
        bench.pass(TIMEOUT.minusNanos(1));
        assertThat(bench.choose(client("198.18.0.1")).backend()).isEqualTo("a");
        bench.pass(TIMEOUT);
        assertThat(table(bench).latest(9, bench.now())).isEmpty();
        assertThat(bench.choose(client("198.18.0.1")).backend()).isEqualTo("b");
    }

    @Test
    void theTimeRunsFromTheEndOfTheLastConnection() {
        Candidate<String> chosen = bench.connect(client("198.18.0.1"));
        bench.pass(TIMEOUT.multipliedBy(5));
        table(bench).connectionEnded(IpAddress.parse("198.18.0.1"), chosen, bench.now());
        bench.pass(TIMEOUT.dividedBy(2));
        assertThat(bench.choose(client("198.18.0.1"))).isSameAs(chosen);
    }

    @Test
    void anOldConnectionDoesNotTakeTheClientBack() {
        Candidate<String> first = bench.connect(client("198.18.0.1"));
        bench.standing(0, Standing.FAILING);
        Candidate<String> second = bench.connect(client("198.18.0.1"));
        assertThat(second).isNotSameAs(first);
        table(bench).connectionEnded(IpAddress.parse("198.18.0.1"), first, bench.now());
        bench.standing(0, Standing.HEALTHY);
        assertThat(bench.choose(client("198.18.0.1"))).isSameAs(second);
    }

    @Test
    void aClientWhoseBackendFailedGetsAnotherAndKeepsThat() {
        bench.choose(client("198.18.0.1"));
        bench.standing(0, Standing.FAILING);
        Candidate<String> second = bench.choose(client("198.18.0.1"));
        assertThat(second.backend()).isNotEqualTo("a");
        bench.standing(0, Standing.HEALTHY);
        assertThat(bench.choose(client("198.18.0.1"))).isSameAs(second);
    }

    @Test
    void aClientWhoseBackendDidNotAnswerGetsAnother() {
        Candidate<String> first = bench.choose(client("198.18.0.1"));
        Candidate<String> second = bench.choose(client("198.18.0.1"), List.of(first));
        assertThat(second).isNotSameAs(first);
        assertThat(bench.choose(client("198.18.0.1"))).isSameAs(second);
    }

    @Test
    void aClientWhoseBackendIsFullGetsAnother() {
        PoolBench limited = bench(100, DuringDrain.REFUSE);
        limited.add(1, 1, false);
        limited.add(1, 0, false);
        assertThat(limited.connect(client("198.18.0.1")).backend()).isEqualTo("a");
        assertThat(limited.connect(client("198.18.0.1")).backend()).isEqualTo("b");
    }

    @Test
    void duringADrainOnlyClientsThatAreAllowedStay() {
        for (DuringDrain rule : DuringDrain.values()) {
            PoolBench pool = bench(100, rule).with(1, 1);
            pool.choose(client("198.18.0.1"));
            pool.standing(0, Standing.DRAINING);
            assertThat(pool.choose(client("198.18.0.1")).backend())
                    .as("%s", rule)
                    .isEqualTo(rule == DuringDrain.ALLOW ? "a" : "b");
            assertThat(pool.choose(client("198.18.0.2")).backend())
                    .as("%s", rule)
                    .isEqualTo("b");
            pool.standing(0, Standing.OUT);
            assertThat(pool.choose(client("198.18.0.1")).backend())
                    .as("%s", rule)
                    .isEqualTo("b");
        }
    }

    @Test
    void backupsGiveTheirClientsBack() {
        PoolBench pool = bench(100, DuringDrain.REFUSE).with(1);
        pool.add(1, 0, true);
        pool.standing(0, Standing.FAILING);
        assertThat(pool.choose(client("198.18.0.1")).backend()).isEqualTo("b");
        pool.standing(0, Standing.HEALTHY);
        assertThat(pool.choose(client("198.18.0.1")).backend()).isEqualTo("a");
    }

    @Test
    void aFullTableForgetsWhoWasAwayForLongest() {
        PoolBench pool = bench(2, DuringDrain.REFUSE).with(1, 1, 1);
        pool.choose(client("198.18.0.1"));
        pool.choose(client("198.18.0.2"));
        pool.choose(client("198.18.0.1"));
        pool.choose(client("198.18.0.3"));
        assertThat(table(pool).latest(9, pool.now()))
                .extracting(PersistenceTable.Client::client)
                .containsExactly("198.18.0.3", "198.18.0.1");
        assertThat(table(pool).evictions()).isEqualTo(1);
    }

    @Test
    void theTableCanBeCleared() {
        for (int i = 1; i <= 6; i++) {
            bench.choose(client("198.18.0." + i));
        }
        assertThat(table(bench).clear(IpAddress.parse("198.18.0.6"), backend -> true))
                .isTrue();
        assertThat(table(bench).clear(IpAddress.parse("198.18.0.6"), backend -> true))
                .isFalse();
        assertThat(table(bench).clear("a"::equals)).isEqualTo(2);
        assertThat(table(bench).latest(2, bench.now()))
                .extracting(PersistenceTable.Client::client)
                .containsExactly("198.18.0.5", "198.18.0.3");
        assertThat(table(bench).clear(backend -> true)).isEqualTo(3);
        assertThat(table(bench).size(bench.now())).isZero();
    }

    @Test
    void theEndOfAConnectionDoesNotBringBackAClientThatWasCleared() {
        Candidate<String> first = bench.connect(client("198.18.0.1"));
        assertThat(table(bench).clear("a"::equals)).isEqualTo(1);
        assertThat(table(bench).clear("a"::equals)).as("once").isZero();
        table(bench).connectionEnded(IpAddress.parse("198.18.0.1"), first, bench.now());
        assertThat(table(bench).size(bench.now())).isZero();
        assertThat(table(bench).latest(9, bench.now())).isEmpty();
        Candidate<String> second = bench.connect(client("198.18.0.1"));
        assertThat(second).isNotSameAs(first);
        table(bench).connectionEnded(IpAddress.parse("198.18.0.1"), first, bench.now());
        assertThat(bench.choose(client("198.18.0.1"))).as("remembered again").isSameAs(second);

        assertThat(table(bench).clear(IpAddress.parse("198.18.0.1"), backend -> true))
                .isTrue();
        table(bench).connectionEnded(IpAddress.parse("198.18.0.1"), second, bench.now());
        assertThat(table(bench).size(bench.now())).isZero();
    }

    @Test
    void whoWasClearedMakesRoomFirst() {
        PoolBench pool = bench(2, DuringDrain.REFUSE).with(1, 1);
        pool.choose(client("198.18.0.1"));
        pool.choose(client("198.18.0.2"));
        table(pool).clear(backend -> true);
        pool.choose(client("198.18.0.3"));
        pool.choose(client("198.18.0.4"));
        assertThat(table(pool).size(pool.now())).isEqualTo(2);
        assertThat(table(pool).evictions()).as("nobody who was remembered").isZero();
    }

    @Test
    void aBackendThatIsTakenOutKeepsNobody() {
        bench.choose(client("198.18.0.1"));
        bench.pool().remove(bench.candidate(0));
        assertThat(table(bench).size(bench.now())).isZero();
        assertThat(bench.choose(client("198.18.0.1")).backend()).isNotEqualTo("a");
    }

    @Test
    void theEndOfAConnectionBringsNobodyBackToABackendThatIsTakenOut() {
        for (DuringDrain rule : DuringDrain.values()) {
            PoolBench pool = bench(100, rule).with(1, 1);
            Candidate<String> leaving = pool.connect(client("198.18.0.1"));
            pool.pool().setMembers(List.of(pool.candidate(1)));
            pool.standing(0, Standing.DRAINING);
            table(pool).connectionEnded(IpAddress.parse("198.18.0.1"), leaving, pool.now());
            assertThat(table(pool).size(pool.now())).as("%s", rule).isZero();
            assertThat(pool.choose(client("198.18.0.1")).backend())
                    .as("%s", rule)
                    .isEqualTo("b");
        }
    }

    @Test
    void aBackendThatIsBackIsRememberedAgain() {
        PoolBench pool = bench(100, DuringDrain.REFUSE).with(1, 1);
        Candidate<String> leaving = pool.connect(client("198.18.0.1"));
        pool.pool().setMembers(List.of(pool.candidate(1)));
        pool.pool().setMembers(List.of(pool.candidate(1), leaving));
        table(pool).connectionEnded(IpAddress.parse("198.18.0.1"), leaving, pool.now());
        assertThat(pool.choose(client("198.18.0.1"))).isSameAs(leaving);
    }

    @Test
    void clientsKeepTheirBackendsUnderOtherRulesButNotUnderAnotherGrouping() {
        SelectionConfig selection = SelectionConfig.of(Balance.ROUND_ROBIN);
        for (int i = 1; i <= 3; i++) {
            bench.choose(client("198.18.0." + i));
        }
        bench.pool()
                .configure(selection.withPersistence(
                        new PersistenceConfig(AddressGrouping.DEFAULT, TIMEOUT, 2, DuringDrain.ALLOW)));
        assertThat(bench.choose(client("198.18.0.3")).backend()).isEqualTo("c");
        assertThat(table(bench).size(bench.now())).isEqualTo(2);
        bench.pool()
                .configure(selection.withPersistence(
                        new PersistenceConfig(new AddressGrouping(24, 64), TIMEOUT, 2, DuringDrain.ALLOW)));
        assertThat(table(bench).size(bench.now())).isZero();
        bench.pool().configure(selection);
        assertThat(bench.pool().persistence()).isEmpty();
    }

    /** Against a model that keeps every use there ever was. */
    @Test
    @Tag("property")
    void theTableDoesWhatAListOfAllUsesWouldDo() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            int most = 1 + random.nextInt(20);
            PoolBench pool = bench(most, DuringDrain.REFUSE).with(1, 1, 1, 1);
            List<String> order = new ArrayList<>();
            Map<String, String> backends = new HashMap<>();
            Map<String, Long> uses = new HashMap<>();
            long start = pool.now().nanos();
            for (int i = 0; i < 300; i++) {
                pool.pass(Duration.ofSeconds(random.nextInt(200)));
                long now = pool.now().nanos() - start;
                order.removeIf(each -> now - uses.getOrDefault(each, 0L) >= TIMEOUT.toNanos());
                String address = "198.18.0." + (1 + random.nextInt(30));
                String chosen = pool.choose(client(address)).backend();
                if (order.contains(address)) {
                    assertThat(chosen).as("seed %d, step %d", seed, i).isEqualTo(backends.get(address));
                }
                order.remove(address);
                order.add(address);
                backends.put(address, chosen);
                uses.put(address, now);
                if (order.size() > most) {
                    order.removeFirst();
                }
                assertThat(table(pool).latest(99, pool.now()))
                        .as("seed %d, step %d", seed, i)
                        .extracting(PersistenceTable.Client::client)
                        .isEqualTo(order.reversed());
            }
        }
    }
}
