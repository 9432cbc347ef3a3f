// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes down the steps of one check, and tells its outcome once. */
final class ProbeLog {

    private final Consumer<ProbeOutcome> told;
    private final List<ProbeOutcome.Step> steps = new ArrayList<>();
    private final long startNanos = System.nanoTime();
    private long lastNanos = startNanos;
    private @Nullable String current;
    private boolean over;

    ProbeLog(Consumer<ProbeOutcome> told) {
        this.told = told;
    }

    /** What is being done from now on; what was being done until now is given up. */
    void begin(String step) {
        current = step;
        lastNanos = System.nanoTime();
    }

    /** What was being done is done. */
    void done(String detail) {
        if (current != null) {
            long now = System.nanoTime();
            steps.add(new ProbeOutcome.Step(current, detail, Duration.ofNanos(now - lastNanos)));
            current = null;
            lastNanos = now;
        }
    }

    boolean isOver() {
        return over;
    }

    /** The first finding is told, and no other. */
    void decide(Finding finding) {
        if (!over) {
            done(finding.detail());
            over = true;
            told.accept(new ProbeOutcome(finding, steps, Duration.ofNanos(System.nanoTime() - startNanos)));
        }
    }

    /** Nothing is told any more. */
    void silence() {
        over = true;
    }
}
