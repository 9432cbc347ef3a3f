// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Candidate;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.Tier;
import io.mainstay.health.Finding;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A service with its backends and their states. Safe for use by several threads: one lock guards the choice of a backend and
 * every change of state; a worker takes it twice for each connection and never for an octet.
 */
final class LiveService {

    private final String name;
    private final int workers;
    private final MonotonicClock clock;
    private final Surroundings surroundings;
    private final BackendPool<LiveBackend> pool;
    private final Roster roster;
    private final StateChanges changes;
    private final Orders orders;
    private final Judgement judgement;
    private final ServiceDoor door;
    private final WaitingLine waiting = new WaitingLine();
    private final Consumer<ConnectionRecord> records;
    private volatile ServiceTerms terms;
    private volatile List<LiveListener> listeners = List.of();

    LiveService(ProxyService settings, ProxySettings engine, EventOutlet events, Surroundings surroundings) {
        this.name = settings.config().name();
        records = engine.records();
        terms = ServiceTerms.of(settings, records);
        this.clock = engine.clock();
        this.workers = engine.workers();
        this.surroundings = surroundings;
        pool = new BackendPool<>(settings.config().selection(), clock.now().nanos());
        roster = new Roster(name);
        changes = new StateChanges(name, roster, pool, clock, events, this::retireReplaced, this::serveWaiting);
        orders = new Orders(name, workers, roster, pool, changes, clock, events);
        judgement = new Judgement(
                name,
                roster,
                pool,
                changes,
                clock,
                events,
                surroundings::resetConnections,
                (backend, delay) -> surroundings.runAfter(delay, () -> readmit(backend)),
                settings.health());
        door = new ServiceDoor(name, settings.traffic(), clock, events);
        roster.configure(
                settings.config().backends().stream().map(this::arrival).toList());
    }

    private LiveBackend arrival(BackendConfig backend) {
        return new LiveBackend(backend, pool, settings().health().checks(), workers, orders.forAll(), clock.now());
    }

    /**
     * Takes new settings over. Backends with the same name and address stay as they are, with their connections, verdicts
     * and counters. Those that are gone from the settings are drained, but serve on until one of the others may: so a change
     * of all servers at once leaves no moment without any.
     *
     * @return the backends that are to be checked from now on: those that came, and those that came back
     */
    synchronized List<LiveBackend> configure(ProxyService next) {
        roster.establish();
        terms = ServiceTerms.of(next, records);
        door.configure(next.traffic());
        pool.configure(next.config().selection());
        judgement.configure(next.health());
        List<LiveBackend> wanted = new ArrayList<>();
        List<LiveBackend> arrived = new ArrayList<>();
        for (BackendConfig config : next.config().backends()) {
            LiveBackend backend = roster.configured(config);
            if (backend == null) {
                backend = arrivalOrReturn(config);
                arrived.add(backend);
            }
            configure(backend, config);
            wanted.add(backend);
        }
        roster.configure(wanted);
        roster.leaving().stream().filter(backend -> !backend.isRetiring()).forEach(this::configureHealth);
        arrangePool();
        retireReplaced();
        serveWaiting();
        return arrived;
    }

    private LiveBackend arrivalOrReturn(BackendConfig config) {
        LiveBackend backend = roster.leaving(config);
        if (backend == null) {
            return arrival(config);
        }
        roster.recall(backend);
        orders.rejoin(backend);
        return backend;
    }

    private void configure(LiveBackend backend, BackendConfig config) {
        backend.configure(config);
        pool.configure(backend.candidate(), config);
        configureHealth(backend);
    }

    private void configureHealth(LiveBackend backend) {
        BackendState before = backend.state();
        backend.configure(settings().health());
        pool.setWanted(
                backend.candidate(), backend.agent().percent(), backend.agent().maxConnections());
        changes.onChangeFrom(before, backend, "the configuration has changed");
    }

    /** Whether it is what is wanted already. */
    synchronized boolean isAs(ProxyService wanted) {
        return !roster.isDissolved() && settings().equals(wanted);
    }

    /** Whether the operator has not taken the backend out of the checks. */
    synchronized boolean isToBeChecked(LiveBackend backend) {
        return backend.wish() != AdminState.MAINTENANCE && !backend.isRetiring();
    }

    /** Those that serve, or will when their checks or the operator say so: all but those that are being emptied. */
    synchronized List<LiveBackend> staying() {
        return roster.all().stream().filter(backend -> !backend.isRetiring()).toList();
    }

    /** Lets the pool choose among those that are wanted, in their order, and those that serve until they are replaced. */
    private void arrangePool() {
        pool.setMembers(staying().stream().map(LiveBackend::candidate).toList());
    }

    /** Drains every backend, because the service is not in the configuration any more. */
    synchronized void remove() {
        roster.dissolve();
        retireReplaced();
    }

    private synchronized boolean isRemoved() {
        return roster.isDissolved();
    }

    /** Whether the service is not in the configuration any more and nothing is left of it. */
    synchronized boolean isGone() {
        return roster.isGone();
    }

    /** Those that leave go as soon as one of the others serves, or it is clear that none does. */
    private void retireReplaced() {
        if (!roster.isDissolved()
                && !roster.isDecided()
                && roster.configured().stream().noneMatch(b -> b.candidate().isServing())) {
            return;
        }
        for (LiveBackend backend : roster.leaving()) {
            if (!backend.isRetiring()) {
                backend.setRetiring(true);
                pool.remove(backend.candidate());
                surroundings.retirementBegun(
                        this, backend, orders.drain(backend, settings().config().drainTimeout()));
            }
        }
    }

    /** Drops a backend whose retirement is over; nothing if it has come back since that began. */
    synchronized void forget(LiveBackend backend, Drain retirement) {
        if (backend.drain() == retirement && backend.isRetiring()) {
            roster.depart(backend);
        }
    }

    void setListeners(List<LiveListener> newListeners) {
        listeners = List.copyOf(newListeners);
    }

    String name() {
        return name;
    }

    ProxyService settings() {
        return terms.settings();
    }

    ServiceTerms.Timeouts timeouts() {
        return terms.timeouts();
    }

    List<LiveListener> listeners() {
        return listeners;
    }

    List<LiveBackend> backends() {
        return roster.configured();
    }

    /** @throws IllegalArgumentException if none of that name is configured */
    LiveBackend backend(String name) {
        return roster.configured(name);
    }

    /** Judges new connections. */
    ServiceDoor door() {
        return door;
    }

    /** What comes before the octets of clients. */
    Opening opening() {
        return terms.opening();
    }

    /** The service to which a route leads; null: it is not there. */
    @Nullable
    LiveService target(RouteConfig route) {
        if (route.service().equals(name)) {
            return this;
        }
        LiveService found = surroundings.find(route.service());
        // One that is being emptied has connections, and takes no more.
        return found == null || found.isRemoved() ? null : found;
    }

    /** Takes the records of connections; null: none are kept. */
    @Nullable
    Recorder recorder() {
        return terms.recorder();
    }

    /** What the kernel is told about connections. */
    TcpOptions tcpOptions() {
        return terms.tcpOptions();
    }

    /** Chooses a backend for a new connection and counts the connection there; null if none takes any. */
    synchronized @Nullable LiveBackend take(Endpoint client) {
        Candidate<LiveBackend> chosen = pool.choose(client, clock.now(), List.of());
        if (chosen == null) {
            return null;
        }
        chosen.connectionStarted();
        return chosen.backend();
    }

    /**
     * Lets a client wait for a backend; its position, from 1, or 0 if there is no place for it. It may be served before this
     * returns.
     */
    synchronized int enqueue(WaitingLine.Client client) {
        if (waiting.size() >= settings().traffic().queue().length()) {
            return 0;
        }
        int position = waiting.join(client);
        // A place may have become free since the client found none.
        serveWaiting();
        return position;
    }

    /** Lets a client go that waited for a backend, unless it has been served already. */
    synchronized void dequeue(WaitingLine.Client client) {
        waiting.leave(client);
    }

    private void serveWaiting() {
        if (!waiting.isEmpty()) {
            waiting.serve(pool, clock.now(), pool.clientsWaitForTheirBackends());
        }
    }

    /** How often a backend has come to another state, for those who keep their backend for long. */
    int changes() {
        return changes.count();
    }

    /** Whether a backend gets no more traffic of any kind because its checks fail. */
    synchronized boolean hasGivenUp(LiveBackend backend) {
        return backend.state() == BackendState.UNHEALTHY && !backend.candidate().isServing();
    }

    /** Chooses a backend that is not this one, if there is another, and counts a connection there; null: there is none. */
    synchronized @Nullable LiveBackend takeOther(LiveBackend than, Endpoint client) {
        Candidate<LiveBackend> chosen = pool.choose(client, clock.now(), List.of(than.candidate()));
        if (chosen == null) {
            return null;
        }
        chosen.connectionStarted();
        return chosen.backend();
    }

    /**
     * Moves a connection from a backend that it did not reach to another one.
     *
     * @param tried the backends that it did not reach
     * @return null if none takes any; the connection then still counts where it was
     */
    synchronized @Nullable LiveBackend takeInstead(
            LiveBackend failed, Endpoint client, Collection<Candidate<LiveBackend>> tried) {
        Candidate<LiveBackend> chosen = pool.choose(client, clock.now(), tried);
        if (chosen == null) {
            return null;
        }
        chosen.connectionStarted();
        countOut(failed);
        return chosen.backend();
    }

    /** Whether somebody wants to know how connections fare with their backends. */
    boolean observesConnections() {
        return settings().config().selection().balance() == Balance.LEAST_LATENCY
                || settings().health().outliers().isPresent();
    }

    /** See {@link Judgement#onConnectFailed}. */
    synchronized void onConnectFailed(LiveBackend backend, Duration after, String how) {
        judgement.onConnectFailed(backend, after, how);
    }

    /** See {@link Judgement#onConnected}. */
    synchronized void onConnected(LiveBackend backend) {
        judgement.onConnected(backend);
    }

    /** See {@link Judgement#onAnswer}. */
    synchronized void onAnswer(LiveBackend backend, Duration after) {
        judgement.onAnswer(backend, after);
    }

    /** See {@link Judgement#onEndWithoutAnswer}. */
    synchronized void onEndWithoutAnswer(LiveBackend backend, boolean resetByBackend) {
        judgement.onEndWithoutAnswer(backend, resetByBackend);
    }

    /**
     * See {@link Judgement#onCheck}; nothing if it is out of date.
     *
     * @param asked the settings by which the backend was checked
     */
    synchronized boolean onCheck(
            LiveBackend backend, ProxyService asked, int index, CheckReport report, boolean excused) {
        return isUpToDate(backend, asked) && judgement.onCheck(backend, index, report, excused);
    }

    /** See {@link Judgement#onAgent}, and {@link #onCheck}. */
    synchronized void onAgent(LiveBackend backend, ProxyService asked, Finding finding) {
        if (isUpToDate(backend, asked)) {
            judgement.onAgent(backend, finding);
        }
    }

    /**
     * Whether a finding still says something. Checks are exchanged or stopped on the control thread, after the change that is
     * the reason: until then one may end of which its place among the checks tells nothing any more, or which is forgotten.
     */
    private boolean isUpToDate(LiveBackend backend, ProxyService asked) {
        return isToBeChecked(backend) && !BackendCheck.differ(asked, settings());
    }

    private synchronized void readmit(LiveBackend backend) {
        judgement.readmit(backend);
    }

    /** Why there is no backend for a new connection, after {@link #take} gave none. */
    synchronized RefusalReason reasonForNone() {
        return pool.tier() == Tier.NONE ? RefusalReason.NO_BACKEND : RefusalReason.BACKENDS_FULL;
    }

    /** Counts a connection out. */
    synchronized void giveBack(LiveBackend backend, Endpoint client) {
        pool.persistence()
                .ifPresent(table -> table.connectionEnded(client.address(), backend.candidate(), clock.now()));
        countOut(backend);
    }

    private void countOut(LiveBackend backend) {
        backend.candidate().connectionEnded();
        serveWaiting();
        orders.finishIfEmpty(backend);
    }

    /** What another engine that forwards flows of this service has to know of its backends. */
    synchronized List<BackendView> views() {
        MonotonicInstant now = clock.now();
        boolean resetWhenDown = settings().health().onDown() == ServiceHealthConfig.OnDown.RESET;
        return roster.all().stream()
                .map(backend -> backend.view(name(), now, resetWhenDown))
                .toList();
    }

    /** Says whether another engine forwards this service, so that hardly any client comes here. */
    synchronized void setForwardedElsewhere(boolean elsewhere) {
        pool.setIdle(elsewhere, clock.now());
    }

    /**
     * Takes over what another engine has of a backend; nothing if the backend is gone.
     *
     * @param flows null: it has none any more, nor will have
     */
    synchronized void onOffloaded(BackendKey key, @Nullable OffloadedFlows flows) {
        LiveBackend backend = roster.find(key);
        if (backend == null) {
            return;
        }
        Drain drain = backend.drain();
        if (flows != null && drain != null && !drain.isOver()) {
            drain.countResets(flows.reset());
        }
        backend.setOffloaded(flows);
        orders.finishIfEmpty(backend);
    }

    /** See {@link Orders#drain}. */
    synchronized Drain drain(LiveBackend backend, Duration timeout) {
        return orders.drain(backend, timeout);
    }

    /** See {@link Orders#drainAll}. */
    synchronized Map<LiveBackend, Drain> drain(Duration timeout) {
        return orders.drainAll(timeout);
    }

    /** See {@link Orders#ready}. */
    synchronized void ready(LiveBackend backend) {
        orders.ready(backend);
    }

    /** See {@link Orders#allReady}. */
    synchronized void ready() {
        orders.allReady();
    }

    /** See {@link Orders#maintenance}. */
    synchronized void maintenance(LiveBackend backend) {
        orders.maintenance(backend);
    }

    /** See {@link Orders#maintenanceOfAll}. */
    synchronized void maintenance() {
        orders.maintenanceOfAll();
    }

    /** See {@link Orders#finishIfEmpty}: it may become empty by time alone, as clients are forgotten that could have come. */
    synchronized void finishIfEmpty(LiveBackend backend) {
        orders.finishIfEmpty(backend);
    }

    /** See {@link Orders#closeDrain}. */
    synchronized void closeDrain(LiveBackend backend, Drain drain) {
        orders.closeDrain(backend, drain);
    }

    /** See {@link Orders#cancelDrains}. */
    synchronized void cancelDrains() {
        orders.cancelDrains();
    }

    /** The clients that keep their backends, so many of them listed. */
    synchronized PersistenceSnapshot persistence(int most) {
        MonotonicInstant now = clock.now();
        return pool.persistence()
                .map(table -> new PersistenceSnapshot(
                        table.size(now),
                        table.evictions(),
                        table.latest(most, now).stream()
                                .map(client -> new PersistenceSnapshot.Client(
                                        client.client(), client.backend().name(), client.remaining()))
                                .toList()))
                .orElse(PersistenceSnapshot.NONE);
    }

    /** Forgets clients that keep their backends; how many. */
    synchronized int clearPersistence(Optional<LiveBackend> backend, Optional<IpAddress> client) {
        Predicate<LiveBackend> wanted = each -> backend.isEmpty() || backend.get() == each;
        return pool.persistence()
                .map(table -> client.isPresent() ? table.clear(client.get(), wanted) ? 1 : 0 : table.clear(wanted))
                .orElse(0);
    }

    synchronized ServiceSnapshot snapshot() {
        MonotonicInstant now = clock.now();
        Roster.Departed departed = roster.departed();
        List<BackendSnapshot> backendSnapshots = new ArrayList<>();
        for (LiveBackend backend : roster.all()) {
            Drain drain = backend.drain();
            backendSnapshots.add(backend.snapshot(
                    drain == null ? null : drain.status(backend.active(), orders.mayClientsReturn(backend), now)));
        }
        return new ServiceSnapshot(
                name(),
                settings().config().listeners(),
                settings().config().selection().balance(),
                listeners.isEmpty() || listeners.stream().anyMatch(LiveListener::isOpen),
                pool.tier(),
                pool.health(),
                orders.forAll(),
                backendSnapshots.stream().mapToInt(BackendSnapshot::active).sum(),
                waiting.size(),
                departed.connections()
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::total)
                                .sum(),
                departed.bytesIn()
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::bytesIn)
                                .sum(),
                departed.bytesOut()
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::bytesOut)
                                .sum(),
                departed.packetsIn()
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::packetsIn)
                                .sum(),
                departed.packetsOut()
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::packetsOut)
                                .sum(),
                door.refusals(),
                backendSnapshots);
    }
}
