// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Supervisor;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Tells the supervisor that the daemon is ready, reloads, stops, in which states its virtual routers are, and that it lives:
 * the last only while the election does.
 *
 * <p>Has a thread of its own; {@link #stopping} and {@link #reloading} may be called from any.
 */
final class SupervisorReports implements AutoCloseable {

    /** The snapshot of an election that runs is younger. */
    static final Duration OLDEST_SNAPSHOT = Duration.ofSeconds(5);

    private static final Duration STATUS_PAUSE = Duration.ofSeconds(1);
    private static final long NANOS_PER_MICRO = 1_000;

    private final Supervisor supervisor;
    private final Supplier<ElectionSnapshot> election;
    private final MonotonicClock clock;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("supervisor").daemon().factory());
    private String told = "";

    SupervisorReports(Supervisor supervisor, Supplier<ElectionSnapshot> election, MonotonicClock clock) {
        this.supervisor = supervisor;
        this.election = election;
        this.clock = clock;
    }

    /** Says that the daemon is ready, and goes on to report. */
    void start() {
        supervisor.tell("READY=1");
        // Twice within the time, as sd_watchdog_enabled(3) advises.
        Duration pause = supervisor
                .watchdog()
                .map(watchdog -> watchdog.dividedBy(2))
                .filter(half -> half.compareTo(STATUS_PAUSE) < 0)
                .orElse(STATUS_PAUSE);
        var unused = thread.scheduleAtFixedRate(this::report, 0, pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** One turn of the thread: what is new, and that the election runs if it does. */
    void report() {
        ElectionSnapshot snapshot = election.get();
        String status = "STATUS=" + status(snapshot);
        if (!status.equals(told)) {
            told = status;
            supervisor.tell(status);
        }
        if (supervisor.watchdog().isPresent()
                && clock.now().since(snapshot.takenAt()).compareTo(OLDEST_SNAPSHOT) < 0) {
            supervisor.tell("WATCHDOG=1");
        }
    }

    private static String status(ElectionSnapshot snapshot) {
        return snapshot.routers().isEmpty()
                ? "no virtual router"
                : snapshot.routers().stream()
                        .map(router -> router.name() + " " + router.state())
                        .collect(Collectors.joining(", "));
    }

    /** Says that the configuration is read anew, until the work is done. */
    void reloading(Runnable work) {
        MonotonicInstant now = clock.now();
        supervisor.tell("RELOADING=1\nMONOTONIC_USEC=" + now.nanos() / NANOS_PER_MICRO);
        try {
            work.run();
        } finally {
            supervisor.tell("READY=1");
        }
    }

    void stopping() {
        supervisor.tell("STOPPING=1\nSTATUS=hands over, then gives the addresses up");
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
