// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.util.ArrayList;
import java.util.List;

/**
 * The verdict of all checks of one backend: it is healthy when every one of them says so. Not safe for use by several
 * threads.
 */
public final class BackendHealth {

    private record Judged(HealthCheckConfig check, RiseFall riseFall) {}

    private List<Judged> checks;

    public BackendHealth(List<HealthCheckConfig> checks) {
        this.checks =
                checks.stream().map(check -> judge(check, Verdict.UNKNOWN)).toList();
    }

    private static Judged judge(HealthCheckConfig check, Verdict verdict) {
        RiseFall riseFall = new RiseFall(check.pace().failures(), check.pace().success());
        riseFall.assume(verdict);
        return new Judged(check, riseFall);
    }

    /**
     * Takes other checks over. One that tries the same as before goes on with what it has found; a new one starts from the
     * verdict of all, so that a change of the checks alone neither takes a backend out nor brings it back.
     */
    public void configure(List<HealthCheckConfig> next) {
        Verdict before = verdict();
        List<Judged> wanted = new ArrayList<>();
        for (HealthCheckConfig check : next) {
            Judged judged = judge(check, before);
            for (Judged present : checks) {
                if (present.check().triesTheSameAs(check)) {
                    judged.riseFall().assume(present.riseFall().verdict());
                }
            }
            wanted.add(judged);
        }
        checks = List.copyOf(wanted);
    }

    public Verdict verdict() {
        boolean unknown = false;
        for (Judged each : checks) {
            RiseFall check = each.riseFall();
            if (check.verdict() == Verdict.UNHEALTHY) {
                return Verdict.UNHEALTHY;
            }
            unknown |= check.verdict() == Verdict.UNKNOWN;
        }
        return unknown ? Verdict.UNKNOWN : Verdict.HEALTHY;
    }

    /** Takes the result of a check in. */
    public void record(int check, boolean passed) {
        Verdict unused = checks.get(check).riseFall().record(passed);
    }

    /** Whether the last results of a check speak against its verdict, so that it is worth looking again soon. */
    public boolean isChanging(int check) {
        return checks.get(check).riseFall().isChanging();
    }

    /** Forgets every result, for a backend that was left alone for a while. */
    public void forget() {
        checks.forEach(check -> check.riseFall().forget());
    }
}
