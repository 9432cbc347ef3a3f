// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.StoodIn;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The leave to speak for addresses that this node has from its guard: renewed on every turn of the election while it holds
 * any, and before every word. Belongs to the election thread.
 */
final class ElectionLease {

    /** A pause of the collector, or of a busy host, must not cost the addresses. */
    private static final Duration SHORTEST = Duration.ofMillis(100);

    /** What a client has to wait for at most when the election is stuck, whatever the advertisement interval. */
    private static final Duration LONGEST = Duration.ofMillis(500);

    private static final int INTERVALS = 2;
    private static final int RENEWALS = 4;

    private final Guard guard;
    private final MonotonicClock clock;
    private final Duration length;
    private List<GuardedRouter> held = List.of();
    private int unguarded;

    /** @param shortestInterval the shortest advertisement interval among the virtual routers */
    ElectionLease(Guard guard, MonotonicClock clock, Duration shortestInterval) {
        this.guard = guard;
        this.clock = clock;
        length = length(shortestInterval);
    }

    static Duration length(Duration shortestInterval) {
        Duration wished = shortestInterval.multipliedBy(INTERVALS);
        if (wished.compareTo(SHORTEST) < 0) {
            return SHORTEST;
        }
        return wished.compareTo(LONGEST) > 0 ? LONGEST : wished;
    }

    /** After which the guard takes the leave away from a node that does not renew it. */
    Duration length() {
        return length;
    }

    /**
     * Tells the guard what to give up for this node, before the first of it is taken and after the last of it is gone.
     *
     * @return for how many routers the guard has no room
     */
    int holding(List<GuardedRouter> routers) {
        if (!routers.equals(held)) {
            unguarded = guard.holding(routers);
            if (routers.isEmpty()) {
                guard.disarm();
            }
            held = routers;
        }
        return unguarded;
    }

    /**
     * Asks for leave to go on.
     *
     * @return false if the guard has taken it away: then nothing may be said or taken
     */
    boolean renew() {
        return held.isEmpty() || guard.arm(clock.now().plus(length));
    }

    /** Asks for leave where nothing is about to be said: if it has been taken away, the next turn finds that. */
    void keep() {
        boolean unused = renew();
    }

    /** When to renew at the latest, or empty if nothing is held. */
    Optional<MonotonicInstant> nextRenewal() {
        return held.isEmpty() ? Optional.empty() : Optional.of(clock.now().plus(length.dividedBy(RENEWALS)));
    }

    /** Says from when on the guard is to advertise for a router; empty: not at all. */
    void standInFrom(int router, Duration interval, Optional<MonotonicInstant> overdue) {
        guard.standInFrom(router, interval, overdue);
    }

    /** What the guard has said in the place of a router. */
    StoodIn stoodIn(int router) {
        return guard.stoodIn(router);
    }

    Optional<Fence> fenced() {
        return guard.fenced();
    }

    /** This node has stepped down and holds nothing any more. */
    void acknowledge() {
        held = List.of();
        unguarded = 0;
        guard.acknowledge();
    }
}
