// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.StoodIn;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A driver whose guard advertises for it while it does not run. */
class ElectionStandInTest extends ElectionDriverBench {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final StandInGuard guard = new StandInGuard();

    private ElectionDriver guardedDriver() {
        kernel.plug("eth0", 2, "198.18.0.10");
        ElectionPorts ports = kernel.ports(guard);
        ElectionDriver driver =
                new ElectionDriver(List.of(setup("web", "eth0", 51, 100, "198.18.0.200/24")), ports, gate, listener);
        runFor(driver, ACTIVE_DOWN.plus(Duration.ofSeconds(6)));
        return driver;
    }

    private MonotonicInstant ago(Duration duration) {
        return kernel.now().plus(duration.negated());
    }

    @Test
    void anActiveThatWasSpokenForGoesOn() {
        ElectionDriver driver = guardedDriver();
        kernel.advance(Duration.ofSeconds(8));
        guard.stoodIn = new StoodIn(7, ago(Duration.ofMillis(400)));
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(routerOf(driver, "web").counters().advertisementsByGuard()).isEqualTo(7);
        EventDraft late = facts.stream()
                .filter(fact -> fact.kind().equals(EventKind.ELECTION_LATE))
                .findFirst()
                .orElseThrow();
        assertThat(late.fields()).containsEntry("stood_in", "7");
    }

    @Test
    void anActiveThatHearsABetterOneMeanwhileStepsBackAllTheSame() {
        ElectionDriver driver = guardedDriver();
        kernel.advance(Duration.ofSeconds(8));
        guard.stoodIn = new StoodIn(7, ago(Duration.ofMillis(400)));
        kernel.hear("eth0", "198.18.0.11", 51, 200);
        driver.runOnce();
        assertThat(TransitionInputs.of(told.getLast())).containsEntry("reason", "higher-priority");
    }

    @Test
    void anActiveThatTheGuardLeftOffSpeakingForListensFirst() {
        ElectionDriver driver = guardedDriver();
        kernel.advance(Duration.ofSeconds(8));
        guard.stoodIn = new StoodIn(2, ago(Duration.ofSeconds(3)));
        driver.runOnce();
        assertThat(TransitionInputs.of(told.getLast())).containsEntry("reason", "stalled");
    }

    @Test
    void theGuardIsToSpeakForAnActiveAlone() {
        ElectionDriver driver = guardedDriver();
        MonotonicInstant overdue = guard.overdue.orElseThrow();
        assertThat(overdue.since(kernel.now())).isBetween(SECOND.dividedBy(2), SECOND.plus(SECOND.dividedBy(2)));
        assertThat(guard.interval).isEqualTo(SECOND);
        var unused = driver.handOver("web", Optional.empty());
        driver.runOnce();
        assertThat(guard.overdue).isEmpty();
        runFor(driver, SECOND.multipliedBy(5));
        assertThat(guard.overdue).isPresent();
        kernel.hear("eth0", "198.18.0.11", 51, 200);
        driver.runOnce();
        assertThat(guard.overdue).isEmpty();
    }

    @Test
    void theGuardSaysWhatTheRouterSays() {
        guardedDriver();
        GuardedRouter guarded = guard.held.getFirst();
        assertThat(guarded.advertisements())
                .singleElement()
                .satisfies(
                        prepared -> assertThat(prepared.datagram().payload()[2]).isEqualTo((byte) 100));
        assertThat(guarded.resignations())
                .singleElement()
                .satisfies(datagram -> assertThat(datagram.payload()[2]).isZero());
    }

    @Test
    void aGuardWithoutRoomIsTold() {
        guard.unguarded = 1;
        guardedDriver();
        assertThat(facts)
                .filteredOn(fact -> fact.kind().equals("guard_full"))
                .singleElement()
                .satisfies(fact -> assertThat(fact.fields()).containsEntry("virtual_routers", "1"));
    }
}
