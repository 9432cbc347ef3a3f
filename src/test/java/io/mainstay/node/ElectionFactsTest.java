// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.Priority;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the driver tells besides transitions and notices: the inputs of decisions and the length of steps. */
class ElectionFactsTest extends ElectionDriverBench {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private List<EventDraft> facts(String kind) {
        return facts.stream().filter(fact -> fact.kind().equals(kind)).toList();
    }

    private EventDraft theFact(String kind) {
        assertThat(facts(kind)).hasSize(1);
        return facts(kind).getFirst();
    }

    private Map<String, String> inputsOfLast() {
        return TransitionInputs.of(told.getLast());
    }

    private ElectionDriver following(String peer, int priority) {
        kernel.plug("eth0", 2, "198.18.0.10");
        ElectionDriver driver = webDriver();
        driver.runOnce();
        kernel.hear("eth0", peer, 51, priority);
        driver.runOnce();
        return driver;
    }

    @Test
    void aTakeoverAfterSilenceTellsWhatWasLateAndByHowMuch() {
        ElectionDriver driver = following("198.18.0.11", 200);
        kernel.advance(Duration.ofMillis(3_609 + 20));
        driver.runOnce();
        assertThat(inputsOfLast())
                .containsExactly(
                        entry("from", "BACKUP"),
                        entry("to", "ACTIVE"),
                        entry("vrid", "51"),
                        entry("interface", "eth0"),
                        entry("reason", "active-down-timer"),
                        entry("priority", "100"),
                        entry("silent", "3629.0ms"),
                        entry("active_interval", "1000.0ms"),
                        entry("skew", "609.4ms"),
                        entry("active_down_interval", "3609.4ms"),
                        entry("advert_late", "2629.0ms"),
                        entry("timer_late", "19.6ms"),
                        entry("peer", "198.18.0.11"),
                        entry("peer_priority", "200"));
    }

    @Test
    void aTakeoverAfterAResignationTellsWhenItWasHeard() {
        ElectionDriver driver = following("198.18.0.11", 200);
        kernel.advance(Duration.ofMillis(300));
        kernel.hear("eth0", "198.18.0.11", 51, 0);
        driver.runOnce();
        kernel.advance(Duration.ofMillis(610));
        driver.runOnce();
        assertThat(inputsOfLast())
                .containsEntry("reason", "active-resigned")
                .containsEntry("silent", "910.0ms")
                .containsEntry("resigned", "610.0ms")
                .doesNotContainKey("advert_late");
    }

    @Test
    void aNodeThatWokeLateSaysThatItListenedAgain() {
        ElectionDriver driver = following("198.18.0.11", 200);
        kernel.advance(Duration.ofSeconds(10));
        driver.runOnce();
        runFor(driver, Duration.ofSeconds(2));
        assertThat(inputsOfLast()).containsEntry("to", "ACTIVE").containsEntry("listened_again", "true");
    }

    @Test
    void anEffectivePriorityIsToldTogetherWithTheConfiguredOne() {
        activeDriver();
        RouterTransition lowered =
                new RouterTransition(told.getLast().config(), told.getLast().change(), new Priority(50));
        assertThat(TransitionInputs.of(lowered))
                .containsEntry("priority", "50")
                .containsEntry("configured_priority", "100");
    }

    @Test
    void steppingDownTellsWhenThisNodeAdvertisedLast() {
        ElectionDriver driver = activeDriver();
        kernel.advance(Duration.ofMillis(400));
        kernel.hear("eth0", "198.18.0.11", 51, 200);
        driver.runOnce();
        assertThat(inputsOfLast())
                .containsEntry("reason", "higher-priority")
                .containsEntry("interval", "1000.0ms")
                .containsKey("last_advertised")
                .containsEntry("peer", "198.18.0.11");
    }

    @Test
    void givingWayTellsForHowLongItWasContradictedInVain() {
        ElectionDriver driver = activeDriver();
        for (int i = 0; i < 12; i++) {
            runFor(driver, Duration.ofSeconds(1));
            kernel.hear("eth0", "198.18.0.11", 51, 90);
            driver.runOnce();
        }
        assertThat(inputsOfLast())
                .containsEntry("reason", "unheard")
                .containsEntry("contended", "11000.0ms")
                .containsEntry("peer", "198.18.0.11");
    }

    @Test
    void aHandOverTellsHowLongItTookAndHowOftenAPeerWasAsked() {
        ElectionDriver driver = activeDriver();
        var unused = driver.handOver("web", Optional.empty());
        runFor(driver, Duration.ofMillis(1_100));
        kernel.hear("eth0", "198.18.0.11", 51, 90);
        driver.runOnce();
        assertThat(inputsOfLast())
                .containsEntry("reason", "handed-over")
                .containsEntry("hand_over", "1100.0ms")
                .containsEntry("resignations", "2");
    }

    @Test
    void theStepsOfATakeoverAreTimed() {
        kernel.plug("eth0", 2, "198.18.0.10");
        kernel.setCostOfAdding(Duration.ofMillis(3));
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, "198.18.0.200/24", "198.18.0.201/24"));
        runFor(driver, ACTIVE_DOWN.plusMillis(50));
        EventDraft served = theFact(EventKind.SERVED);
        assertThat(served.subject()).isEqualTo("web");
        assertThat(served.sentence())
                .isEqualTo("2 addresses taken and announced, services open 6.0ms after the decision");
        assertThat(served.fields())
                .containsExactly(
                        entry("advertised", "0.0ms"),
                        entry("addresses_added", "6.0ms"),
                        entry("announced", "6.0ms"),
                        entry("services_open", "6.0ms"),
                        entry("addresses", "2"));
        assertThat(facts(EventKind.RELEASED)).isEmpty();
    }

    @Test
    void theStepsOfGivingUpAreTimedOnceTheyAreDone() {
        ElectionDriver driver = activeDriver();
        kernel.failing.add("remove");
        kernel.hear("eth0", "198.18.0.11", 51, 200);
        runFor(driver, Duration.ofMillis(500));
        assertThat(facts(EventKind.RELEASED)).isEmpty();
        kernel.failing.clear();
        runFor(driver, Duration.ofSeconds(2));
        assertThat(theFact(EventKind.RELEASED).fields())
                .containsEntry("addresses", "1")
                .containsKey("services_closed")
                .containsKey("addresses_removed")
                .containsKey("failed_steps");
    }

    @Test
    void anAddressThatIsPutBackIsNoTakeover() {
        ElectionDriver driver = activeDriver();
        facts.clear();
        kernel.hear("eth0", "198.18.0.11", 51, 50);
        runFor(driver, SECOND.multipliedBy(3));
        assertThat(facts).isEmpty();
    }

    @Test
    void aBackupTellsWhomItFollowsOnceForEach() {
        ElectionDriver driver = following("198.18.0.11", 200);
        for (int i = 0; i < 3; i++) {
            kernel.advance(SECOND);
            kernel.hear("eth0", "198.18.0.11", 51, 200);
            driver.runOnce();
        }
        kernel.advance(SECOND);
        kernel.hear("eth0", "198.18.0.12", 51, 210);
        driver.runOnce();
        assertThat(facts(EventKind.ACTIVE_HEARD))
                .extracting(EventDraft::sentence)
                .containsExactly("198.18.0.11 is heard as Active", "198.18.0.12 is heard as Active");
    }

    @Test
    void anElectionThatDidNotRunIsToldBeforeWhatFollowsFromIt() {
        ElectionDriver driver = activeDriver();
        runFor(driver, Duration.ofSeconds(5));
        facts.clear();
        told.clear();
        kernel.advance(Duration.ofSeconds(8));
        kernel.hear("eth0", "198.18.0.11", 51, 90);
        driver.runOnce();
        EventDraft late = theFact(EventKind.ELECTION_LATE);
        assertThat(late.severity()).isEqualTo(Severity.WARNING);
        assertThat(late.fields()).containsEntry("lease", "500.0ms").containsKey("late");
        assertThat(facts.getFirst()).isEqualTo(late);
        assertThat(inputsOfLast()).containsEntry("reason", "stalled");
    }

    @Test
    void whatTheGuardDidIsToldWithItsCauseAndWhen() {
        FencingGuard guard = new FencingGuard();
        kernel.plug("eth0", 2, "198.18.0.10");
        ElectionPorts ports = kernel.ports(guard);
        ElectionDriver driver =
                new ElectionDriver(List.of(setup("web", "eth0", 51, 100, "198.18.0.200/24")), ports, gate, listener);
        runFor(driver, ACTIVE_DOWN);
        guard.fence = new Fence(Fence.Reason.PROCESS_STOPPED, kernel.now().plus(Duration.ofMillis(30)), Duration.ZERO);
        kernel.advance(Duration.ofMillis(150));
        driver.runOnce();
        EventDraft fenced = theFact(EventKind.FENCED);
        assertThat(fenced.fields())
                .containsExactly(entry("cause", "process_stopped"), entry("late", "0.0ms"), entry("fenced", "120.0ms"));
        assertThat(inputsOfLast()).containsEntry("reason", "fenced").containsEntry("to", "BACKUP");
    }

    /** Grants everything until it has fenced. */
    private static final class FencingGuard implements Guard {
        private @Nullable Fence fence;

        @Override
        public boolean arm(MonotonicInstant deadline) {
            return fence == null;
        }

        @Override
        public void disarm() {}

        @Override
        public int holding(List<GuardedRouter> routers) {
            return 0;
        }

        @Override
        public void standInFrom(int number, Duration interval, Optional<MonotonicInstant> overdue) {}

        @Override
        public StoodIn stoodIn(int number) {
            return StoodIn.NEVER;
        }

        @Override
        public Optional<Fence> fenced() {
            return Optional.ofNullable(fence);
        }

        @Override
        public void acknowledge() {
            fence = null;
        }
    }
}
