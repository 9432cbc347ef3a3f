// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Finding;
import java.time.Duration;
import java.util.List;

/**
 * One check that is over.
 *
 * @param finding what it has found
 * @param steps what it did on the way, in order
 * @param duration from its start to the finding
 */
public record ProbeOutcome(Finding finding, List<Step> steps, Duration duration) {

    /**
     * Something that a check did.
     *
     * @param name such as {@code connect} or {@code answer}
     * @param detail what came of it, for people
     * @param duration how long it took
     */
    public record Step(String name, String detail, Duration duration) {}

    public ProbeOutcome {
        steps = List.copyOf(steps);
    }
}
