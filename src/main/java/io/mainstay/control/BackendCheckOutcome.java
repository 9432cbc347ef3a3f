// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.time.Duration;
import java.util.List;

/**
 * What the checks of a backend have found when somebody asked for them.
 *
 * @param service name of the service
 * @param backend name of the backend within it
 * @param checks all of them, in the order of the configuration
 */
public record BackendCheckOutcome(String service, String backend, List<Check> checks) {

    public BackendCheckOutcome {
        checks = List.copyOf(checks);
    }

    /**
     * One check.
     *
     * @param check what was tried, such as {@code http GET /health}
     * @param passed whether the backend passed
     * @param detail what was seen
     * @param duration from the start to the verdict
     * @param steps what was done on the way, in order
     */
    public record Check(String check, boolean passed, String detail, Duration duration, List<Step> steps) {

        public Check {
            steps = List.copyOf(steps);
        }
    }

    /**
     * Something that a check did.
     *
     * @param name such as {@code connect}
     * @param detail what came of it
     * @param duration how long it took
     */
    public record Step(String name, String detail, Duration duration) {}

    /** Whether every check has passed. */
    public boolean passed() {
        return checks.stream().allMatch(Check::passed);
    }
}
