// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.util.List;

/**
 * The verdict of all checks of one backend: it is healthy when every one of them says so. Not safe for use by several
 * threads.
 */
public final class BackendHealth {

    private final List<RiseFall> checks;

    public BackendHealth(List<HealthCheckConfig> checks) {
        this.checks = checks.stream()
                .map(HealthCheckConfig::pace)
                .map(pace -> new RiseFall(pace.failures(), pace.success()))
                .toList();
    }

    public Verdict verdict() {
        boolean unknown = false;
        for (RiseFall check : checks) {
            if (check.verdict() == Verdict.UNHEALTHY) {
                return Verdict.UNHEALTHY;
            }
            unknown |= check.verdict() == Verdict.UNKNOWN;
        }
        return unknown ? Verdict.UNKNOWN : Verdict.HEALTHY;
    }

    /** Takes the result of a check in. */
    public void record(int check, boolean passed) {
        Verdict unused = checks.get(check).record(passed);
    }

    /** Whether the last results of a check speak against its verdict, so that it is worth looking again soon. */
    public boolean isChanging(int check) {
        return checks.get(check).isChanging();
    }

    /** Forgets every result, for a backend that was left alone for a while. */
    public void forget() {
        checks.forEach(RiseFall::forget);
    }
}
