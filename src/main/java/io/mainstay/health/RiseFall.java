// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

/**
 * Turns a row of check results into a verdict. Not safe for use by several threads.
 *
 * <p>The first result decides alone, whatever the thresholds: a node that starts must neither send clients to a backend that
 * it has never seen, nor keep them waiting for several intervals. After that, {@code failures} failed checks in a row make
 * a healthy backend unhealthy, and {@code success} passed ones in a row make it healthy again.
 */
public final class RiseFall {

    private final int failures;
    private final int success;
    private Verdict verdict = Verdict.UNKNOWN;

    /** Results in a row that speak against the verdict. */
    private int against;

    /**
     * @param failures at least 1
     * @param success at least 1
     */
    public RiseFall(int failures, int success) {
        if (failures < 1) {
            throw new IllegalArgumentException("failures: " + failures + " (expected: 1 or more)");
        }
        if (success < 1) {
            throw new IllegalArgumentException("success: " + success + " (expected: 1 or more)");
        }
        this.failures = failures;
        this.success = success;
    }

    public Verdict verdict() {
        return verdict;
    }

    /** Whether the last results speak against the verdict, without having changed it yet. */
    public boolean isChanging() {
        return against > 0;
    }

    /** Takes the result of a check and gives the verdict after it. */
    public Verdict record(boolean passed) {
        Verdict saidByThisCheck = passed ? Verdict.HEALTHY : Verdict.UNHEALTHY;
        if (saidByThisCheck == verdict) {
            against = 0;
            return verdict;
        }
        against++;
        int needed = switch (verdict) {
            case UNKNOWN -> 1;
            case HEALTHY -> failures;
            case UNHEALTHY -> success;
        };
        if (against >= needed) {
            verdict = saidByThisCheck;
            against = 0;
        }
        return verdict;
    }

    /** Takes a verdict over from elsewhere. */
    void assume(Verdict known) {
        verdict = known;
        against = 0;
    }

    /** Back to {@link Verdict#UNKNOWN}, for a backend that was left alone for a while. */
    public void forget() {
        verdict = Verdict.UNKNOWN;
        against = 0;
    }
}
