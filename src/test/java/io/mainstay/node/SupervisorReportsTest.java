// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.Supervisor;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SupervisorReportsTest {

    private static final MonotonicInstant START = new MonotonicInstant(7_000_000_000L);

    private final List<String> told = new ArrayList<>();
    private MonotonicInstant now = START;

    @Test
    void theWatchdogIsFedWhileTheElectionRuns() {
        SupervisorReports reports = reports(Optional.of(Duration.ofSeconds(10)), START);
        reports.report();
        assertThat(told).containsExactly("STATUS=no virtual router", "WATCHDOG=1");
    }

    @Test
    void anElectionThatStandsStillDoesNotFeedTheWatchdog() {
        SupervisorReports reports = reports(Optional.of(Duration.ofSeconds(10)), START);
        now = START.plus(SupervisorReports.OLDEST_SNAPSHOT);
        reports.report();
        assertThat(told).containsExactly("STATUS=no virtual router");
    }

    @Test
    void withoutAWatchdogOnlyWhatIsNewIsTold() {
        SupervisorReports reports = reports(Optional.empty(), START);
        reports.report();
        reports.report();
        assertThat(told).containsExactly("STATUS=no virtual router");
    }

    @Test
    void aReloadIsBracketedWithTheTimeAtWhichItBegan() {
        reports(Optional.empty(), START).reloading(() -> told.add("(reload)"));
        assertThat(told).containsExactly("RELOADING=1\nMONOTONIC_USEC=7000000", "(reload)", "READY=1");
    }

    private SupervisorReports reports(Optional<Duration> watchdog, MonotonicInstant snapshotTakenAt) {
        ElectionSnapshot snapshot = new ElectionSnapshot(snapshotTakenAt, Duration.ZERO, 0, 0, List.of(), List.of());
        return new SupervisorReports(
                new Supervisor() {
                    @Override
                    public void tell(String assignments) {
                        told.add(assignments);
                    }

                    @Override
                    public Optional<Duration> watchdog() {
                        return watchdog;
                    }
                },
                () -> snapshot,
                () -> now);
    }
}
