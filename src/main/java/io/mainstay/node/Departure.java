// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How a node leaves: it hands over what it serves, gives up the rest with a farewell, and waits until the addresses are gone and
 * the connections that live on here have ended.
 * Belongs to the election thread.
 */
final class Departure {

    /** After this long it no longer waits for addresses that cannot be removed. */
    private static final Duration LONGEST_RELEASE = Duration.ofSeconds(2);

    private final Collection<RunningRouter> routers;
    private final MonotonicClock clock;
    private boolean begun;
    private @Nullable MonotonicInstant releaseDeadline;

    Departure(Collection<RunningRouter> routers, MonotonicClock clock) {
        this.routers = routers;
        this.clock = clock;
    }

    /** @param handOverWithin how long to wait for peers; empty: one active-down interval; zero: no hand-over */
    void begin(Optional<Duration> handOverWithin) {
        begun = true;
        boolean handOver = handOverWithin.map(Duration::isPositive).orElse(true);
        for (RunningRouter router : routers) {
            if (handOver && router.isActive()) {
                router.handOver(new HandOverRequests.Request(handOverWithin, clock.now(), new CompletableFuture<>()));
            }
        }
    }

    /** Does what is due, and says whether the node has left. */
    boolean proceed() {
        if (!begun) {
            return false;
        }
        boolean handingOver = false;
        boolean draining = false;
        boolean released = true;
        for (RunningRouter router : routers) {
            if (router.isHandingOver()) {
                handingOver = true;
            } else {
                router.shutDown();
            }
            draining |= router.isDraining();
            released &= router.isReleased();
        }
        if (handingOver || (draining && released)) {
            releaseDeadline = null;
            return false;
        }
        MonotonicInstant now = clock.now();
        if (releaseDeadline == null) {
            releaseDeadline = now.plus(LONGEST_RELEASE);
        }
        return released || now.hasReached(releaseDeadline);
    }

    /** Waits no longer for connections. */
    void hurry() {
        routers.forEach(RunningRouter::hurryDrain);
    }

    /** When to {@link #proceed} at the latest. */
    Optional<MonotonicInstant> nextDeadline() {
        return Optional.ofNullable(releaseDeadline);
    }
}
