// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Tier;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What follows when a backend comes to another state: the choice learns it, the journal is told, and so is who waited for it.
 * Guarded by the lock of its {@link LiveService}.
 */
final class StateChanges {

    private final String service;
    private final Roster roster;
    private final BackendPool<LiveBackend> pool;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private final Runnable retireReplaced;
    private final Runnable serveWaiting;
    private final AtomicInteger count = new AtomicInteger();

    /** Which backends serve, as the journal was last told; null: nothing yet. */
    private @Nullable Tier toldTier;

    /**
     * @param retireReplaced lets those go that served until others could
     * @param serveWaiting gives those a backend who waited for one
     */
    StateChanges(
            String service,
            Roster roster,
            BackendPool<LiveBackend> pool,
            MonotonicClock clock,
            EventOutlet events,
            Runnable retireReplaced,
            Runnable serveWaiting) {
        this.service = service;
        this.roster = roster;
        this.pool = pool;
        this.clock = clock;
        this.events = events;
        this.retireReplaced = retireReplaced;
        this.serveWaiting = serveWaiting;
    }

    /** How many there were. May be read without the lock. */
    int count() {
        return count.get();
    }

    /** @param before null: nothing was known of it */
    void onChange(LiveBackend backend, @Nullable BackendState before, String reason) {
        BackendState state = backend.state();
        MonotonicInstant now = clock.now();
        backend.entered(now, reason);
        boolean news = backend.wasKnownBefore();
        if (state == BackendState.HEALTHY && news) {
            pool.startSlowly(backend.candidate(), now);
        }
        pool.setStanding(backend.candidate(), backend.standing());
        pool.makeReady(now);
        events.tell(new ProxyEvent.BackendStateChanged(service, backend.name(), before, state, reason));
        count.incrementAndGet();
        retireReplaced.run();
        if (!roster.isDissolved()) {
            tellTier(backend.name() + ": " + reason);
        }
        serveWaiting.run();
    }

    /** The same, unless it is in that state still. */
    void onChangeFrom(BackendState before, LiveBackend backend, String reason) {
        if (backend.state() != before) {
            onChange(backend, before, reason);
        } else {
            onStanding(backend);
        }
    }

    /** What the choice has to know of a backend may have changed although its state has not: it is not to serve anyway. */
    void onStanding(LiveBackend backend) {
        if (backend.standing() != backend.candidate().standing()) {
            pool.setStanding(backend.candidate(), backend.standing());
            serveWaiting.run();
        }
    }

    /** What the agent of a backend wants has changed, but not the state. */
    void onWeightChange(LiveBackend backend, String reason) {
        tellTier(backend.name() + ": " + reason);
        serveWaiting.run();
    }

    /** Tells which backends serve, where that is other than what was told last. */
    private void tellTier(String reason) {
        Tier tier = pool.tier();
        if (tier == toldTier || (tier == Tier.NONE && toldTier == null && !roster.isDecided())) {
            return;
        }
        if (tier == Tier.NONE) {
            events.tell(new ProxyEvent.ServiceWithoutBackend(service, reason));
        } else if (toldTier != null || tier != Tier.HEALTHY) {
            events.tell(new ProxyEvent.ServiceServedBy(service, tier, reason));
        }
        toldTier = tier;
    }
}
