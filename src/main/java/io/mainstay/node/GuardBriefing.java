// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.GuardedRouter;
import io.mainstay.observe.EventDraft;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Renews the lease and tells the guard what it is about, once in a while for all virtual routers. Belongs to the election
 * thread.
 *
 * <p>What a router signs has to be laid anew after each of its words. Hundreds of routers speak all the time, and the list in
 * the guard is written as a whole: so that waits, for a quarter of an interval at most. Until then what was laid ready is
 * still newer than the last word, since it bears the time at which the guard would have said it, one and a half intervals
 * after the word before.
 */
final class GuardBriefing {

    private static final int REFRESHES_PER_INTERVAL = 4;

    private final Collection<RunningRouter> routers;
    private final ElectionLease lease;
    private final MonotonicClock clock;
    private final ElectionReports reports;
    private final Duration pause;

    private MonotonicInstant nextRefresh;
    private boolean anyAged;
    private boolean refused;
    private int unguarded;

    /** @param shortestInterval the shortest advertisement interval among the virtual routers */
    GuardBriefing(
            Collection<RunningRouter> routers,
            ElectionLease lease,
            MonotonicClock clock,
            ElectionReports reports,
            Duration shortestInterval) {
        this.routers = routers;
        this.lease = lease;
        this.clock = clock;
        this.reports = reports;
        pause = shortestInterval.dividedBy(REFRESHES_PER_INTERVAL);
        nextRefresh = clock.now();
    }

    void tell() {
        MonotonicInstant now = clock.now();
        boolean refresh = now.hasReached(nextRefresh);
        boolean refreshed = false;
        anyAged = false;
        List<GuardedRouter> orders = new ArrayList<>();
        for (RunningRouter router : routers) {
            boolean aged = router.isGuardAged();
            GuardedRouter order = router.guarded(refresh);
            if (order != null) {
                orders.add(order);
            }
            refreshed |= aged && refresh;
            anyAged |= aged && !refresh;
        }
        if (refreshed) {
            nextRefresh = now.plus(pause);
        }
        tellUnguarded(lease.holding(orders));
        // If it is refused the next turn finds the fence; until then nothing is said.
        refused = !lease.renew();
    }

    private void tellUnguarded(int now) {
        if (now > 0 && now != unguarded) {
            reports.fact(EventDraft.warning(
                            "guard_full",
                            "node",
                            "the guard has no room for the addresses of " + now
                                    + " virtual routers: if the daemon stands"
                                    + " still they stay on this host (expected: less than 13000 addresses in all)")
                    .with("virtual_routers", now));
        }
        unguarded = now;
    }

    /** When {@link #tell} is to be called at the latest; empty if nothing is held. */
    Optional<MonotonicInstant> nextDeadline() {
        if (refused) {
            return Optional.of(clock.now());
        }
        Optional<MonotonicInstant> renewal = lease.nextRenewal();
        return anyAged && renewal.isPresent()
                ? Optional.of(MonotonicInstant.earlierOf(renewal.get(), nextRefresh))
                : renewal;
    }
}
