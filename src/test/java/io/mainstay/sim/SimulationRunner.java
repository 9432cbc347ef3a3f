// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/**
 * Runs seeds, and replays one that breaks an invariant to tell what led to it.
 *
 * @param first the first seed
 * @param count how many from there on
 */
record SimulationRunner(long first, long count) {

    private static final long DEFAULT_COUNT = 1000;

    /** Where nobody waits for a single run. */
    private static final long COUNT_OF_CI = 10_000;

    static SimulationRunner ofSystemProperties() {
        Long seed = Long.getLong("mainstay.sim.seed");
        return seed != null
                ? new SimulationRunner(seed, 1)
                : new SimulationRunner(1, Long.getLong("mainstay.sim.seeds", defaultCount()));
    }

    private static long defaultCount() {
        return "true".equals(System.getenv("CI")) ? COUNT_OF_CI : DEFAULT_COUNT;
    }

    /** Runs all seeds on all processors; a report for each of the first few that broke an invariant, lowest seed first. */
    List<String> run() {
        AtomicLong failures = new AtomicLong();
        return LongStream.range(first, first + count)
                .parallel()
                .filter(seed -> failures.get() < 5 && breaks(seed))
                .peek(seed -> failures.incrementAndGet())
                .sorted()
                .mapToObj(SimulationRunner::report)
                .toList();
    }

    private static boolean breaks(long seed) {
        return violation(seed, new Trace(false)).isPresent();
    }

    private static Optional<Throwable> violation(long seed, Trace trace) {
        try {
            new ClusterSimulation(seed, trace).run();
            return Optional.empty();
        } catch (RuntimeException | AssertionError e) {
            return Optional.of(e);
        }
    }

    private static String report(long seed) {
        Trace trace = new Trace(true);
        String violation = violation(seed, trace).map(Throwable::toString).orElse("nothing, when it was replayed");
        return trace + System.lineSeparator() + "seed " + seed + " breaks " + violation + System.lineSeparator()
                + "replay it: ./dev sim --seed " + seed + System.lineSeparator();
    }
}
