// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.Priority;
import io.mainstay.track.TrackerStanding.State;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PriorityAccountTest {

    private static TrackerStanding script(String name, int added) {
        return new TrackerStanding(
                new TrackerId(TrackerId.Kind.SCRIPT, name),
                new Effect.Weight(added == 0 ? -1 : added),
                added < 0 ? State.DOWN : State.UP,
                added,
                "exit status 1",
                "exit status 2");
    }

    private static TrackerStanding fault(String name, State state) {
        return new TrackerStanding(
                new TrackerId(TrackerId.Kind.INTERFACE, name),
                new Effect.Fault(),
                state,
                0,
                "no carrier",
                "no carrier");
    }

    private static PriorityAccount account(int base, TrackerStanding... standings) {
        return new PriorityAccount(new Priority(base), List.of(standings));
    }

    @Test
    void weightsAddUp() {
        PriorityAccount account = account(100, script("a", -30), script("b", 0), script("c", 20));
        assertThat(account.effective()).isEqualTo(new Priority(90));
        assertThat(account.breakdown()).isEqualTo("100 - 30 (script a) + 20 (script c) = 90");
    }

    @Test
    void nothingAddedIsTheBaseAlone() {
        assertThat(account(100, script("b", 0)).breakdown()).isEqualTo("100");
        assertThat(account(255).breakdown()).isEqualTo("255");
    }

    @Test
    void theSumStaysWithinWhatIsNeitherAFarewellNorAnOwner() {
        assertThat(account(100, script("a", -100)).effective()).isEqualTo(new Priority(1));
        assertThat(account(100, script("a", -100)).breakdown()).isEqualTo("100 - 100 (script a) = 1, the lowest");
        assertThat(account(100, script("a", 155)).effective()).isEqualTo(new Priority(254));
        assertThat(account(100, script("a", 155)).breakdown()).isEqualTo("100 + 155 (script a) = 254, the highest");
        assertThat(account(100, script("a", -99)).breakdown()).endsWith("= 1");
    }

    @Test
    void anOwnerKeepsItsPriority() {
        PriorityAccount account = account(255, script("a", -100));
        assertThat(account.effective()).isEqualTo(Priority.OWNER);
        assertThat(account.breakdown()).isEqualTo("255 - 100 (script a) = 255, as an owner keeps its priority");
    }

    @Test
    void whatIsDownAndNoWeightIsAFault() {
        assertThat(account(100, script("a", -30)).fault()).isEmpty();
        assertThat(account(100, fault("eth1", State.UP)).fault()).isEmpty();
        assertThat(account(100, fault("eth1", State.UNDECIDED)).fault()).isEmpty();
        assertThat(account(100, fault("eth1", State.DOWN), fault("eth2", State.DOWN))
                        .fault())
                .contains("interface eth1: no carrier; interface eth2: no carrier");
    }

    @Test
    void whatWasNotLookedAtIsNamed() {
        assertThat(account(100, fault("eth1", State.UNDECIDED), script("a", -1)).undecided())
                .contains("interface eth1");
        assertThat(account(100, fault("eth1", State.UP)).undecided()).isEmpty();
    }

    @Test
    void anySumIsAPriorityThatCanBeAdvertised() {
        Random random = new Random(20261123);
        for (int i = 0; i < 10_000; i++) {
            int base = 1 + random.nextInt(254);
            int[] added = random.ints(random.nextInt(6), -253, 254).toArray();
            TrackerStanding[] standings = Stream.iterate(0, n -> n < added.length, n -> n + 1)
                    .map(n -> script("s" + n, added[n]))
                    .toArray(TrackerStanding[]::new);
            int sum = base;
            for (int each : added) {
                sum += each;
            }
            assertThat(account(base, standings).effective().value())
                    .as("%d and %s", base, List.of(standings))
                    .isEqualTo(sum < 1 ? 1 : Math.min(sum, 254));
        }
    }
}
