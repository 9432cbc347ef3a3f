// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.DrainPlan;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the operator wants of the backends of a service, one by one or all together: that they serve, are drained or left
 * alone; and the drains that come of it. Guarded by the lock of its {@link LiveService}.
 */
final class Orders {

    private final String service;
    private final int workers;
    private final Roster roster;
    private final BackendPool<LiveBackend> pool;
    private final StateChanges changes;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private AdminState forAll = AdminState.READY;

    Orders(
            String service,
            int workers,
            Roster roster,
            BackendPool<LiveBackend> pool,
            StateChanges changes,
            MonotonicClock clock,
            EventOutlet events) {
        this.service = service;
        this.workers = workers;
        this.roster = roster;
        this.pool = pool;
        this.changes = changes;
        this.clock = clock;
        this.events = events;
    }

    /** What is wanted of all backends, whatever is wanted of each. */
    AdminState forAll() {
        return forAll;
    }

    /** Starts a drain, or gives a running one another deadline. */
    Drain drain(LiveBackend backend, Duration timeout) {
        BackendState before = backend.state();
        backend.setOwnWish(AdminState.DRAIN);
        return drain(backend, before, timeout, "drain requested");
    }

    /** The same for every backend, and for those that will come, until the service is ready again. */
    Map<LiveBackend, Drain> drainAll(Duration timeout) {
        forAll = AdminState.DRAIN;
        Map<LiveBackend, Drain> drains = new LinkedHashMap<>();
        for (LiveBackend backend : roster.configured()) {
            BackendState before = backend.state();
            backend.setWishForService(forAll);
            drains.put(backend, drain(backend, before, timeout, "drain of the service requested"));
        }
        return drains;
    }

    private Drain drain(LiveBackend backend, BackendState before, Duration timeout, String reason) {
        MonotonicInstant now = clock.now();
        Drain running = backend.drain();
        changes.onChangeFrom(before, backend, reason);
        if (running != null && !running.isOver()) {
            running.setPlan(running.plan().withTimeout(now, timeout));
            changes.onStanding(backend);
            return running;
        }
        int live = backend.active();
        Drain drain = new Drain(DrainPlan.begin(now, timeout, live), workers);
        backend.setDrain(drain);
        changes.onStanding(backend);
        events.tell(new ProxyEvent.DrainStarted(service, backend.name(), live, timeout));
        finishIfEmpty(backend);
        return drain;
    }

    /** Puts a backend back to work, as far as its checks agree. */
    void ready(LiveBackend backend) {
        BackendState before = backend.state();
        backend.outlier().forget();
        backend.setEjected(false);
        backend.setOwnWish(AdminState.READY);
        fulfil(backend, before, "ready requested");
    }

    /** Puts every backend back to work of which nothing else is wanted by its own name. */
    void allReady() {
        wishForAll(AdminState.READY, "ready of the service requested");
    }

    /** Leaves a backend alone; what the checks found so far counts no more. */
    void maintenance(LiveBackend backend) {
        BackendState before = backend.state();
        backend.setOwnWish(AdminState.MAINTENANCE);
        fulfil(backend, before, "maintenance requested");
        leaveAlone(backend);
    }

    /** Leaves every backend alone, and those that will come, until the service is ready again. */
    void maintenanceOfAll() {
        wishForAll(AdminState.MAINTENANCE, "maintenance of the service requested");
        roster.configured().forEach(this::leaveAlone);
    }

    private void leaveAlone(LiveBackend backend) {
        backend.health().forget();
        changes.onStanding(backend);
    }

    /** Takes a backend back that was leaving; what the checks found before counts no more, as it was not checked since. */
    void rejoin(LiveBackend backend) {
        backend.setWishForService(forAll);
        if (backend.isRetiring()) {
            backend.setRetiring(false);
            backend.health().forget();
            BackendState before = backend.state();
            backend.setOwnWish(AdminState.READY);
            fulfil(backend, before, "in the configuration again, not checked yet");
        }
    }

    private void wishForAll(AdminState next, String reason) {
        forAll = next;
        for (LiveBackend backend : roster.configured()) {
            BackendState before = backend.state();
            backend.setWishForService(next);
            fulfil(backend, before, reason);
        }
    }

    /** Calls a drain off that is not wanted any more. */
    private void fulfil(LiveBackend backend, BackendState before, String reason) {
        if (backend.wish() != AdminState.DRAIN) {
            finishDrain(backend);
            backend.setDrain(null);
        }
        changes.onChangeFrom(before, backend, reason);
    }

    /** Ends the drain of a backend that has no connection left, nor will get any. */
    void finishIfEmpty(LiveBackend backend) {
        if (backend.drain() != null && backend.active() == 0 && backend.isCounted() && !mayClientsReturn(backend)) {
            finishDrain(backend);
            changes.onStanding(backend);
        }
    }

    /** Whether clients of a draining backend may open new connections to it, which they may until the deadline. */
    boolean mayClientsReturn(LiveBackend backend) {
        Drain drain = backend.drain();
        return drain != null && drain.isOpen() && pool.mayReturnTo(backend.candidate(), clock.now());
    }

    /** Lets nobody in any more when the deadline of a drain has passed; what is left is to be reset then. */
    void closeDrain(LiveBackend backend, Drain drain) {
        if (backend.drain() == drain && drain.isOpen() && drain.plan().isExpired(clock.now())) {
            drain.close();
            changes.onStanding(backend);
            finishIfEmpty(backend);
        }
    }

    private void finishDrain(LiveBackend backend) {
        Drain drain = backend.drain();
        if (drain == null || drain.isOver()) {
            return;
        }
        DrainOutcome outcome = drain.finish(backend.active(), clock.now());
        events.tell(new ProxyEvent.DrainFinished(service, backend.name(), outcome));
        events.after(() -> drain.result().complete(outcome));
    }

    /** Calls off the drains that run. */
    void cancelDrains() {
        roster.all().forEach(this::finishDrain);
    }
}
