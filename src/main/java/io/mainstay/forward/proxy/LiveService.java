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
import io.mainstay.forward.DrainPlan;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.Tier;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.health.AgentReport;
import io.mainstay.health.AgentState;
import io.mainstay.health.Finding;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.Verdict;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A service with its backends and their states. Safe for use by several threads: one lock guards the choice of a backend and
 * every change of state; a worker takes it twice for each connection and never for an octet.
 */
final class LiveService {

    /** The timeouts of a service in the unit of the relay's deadlines. */
    record Timeouts(long connectNanos, long idleNanos, long halfClosedNanos, long openingNanos) {

        static Timeouts of(TimeoutConfig config) {
            return new Timeouts(
                    config.connect().toNanos(),
                    config.idle().toNanos(),
                    config.halfClosed().toNanos(),
                    config.opening().toNanos());
        }
    }

    private final String name;
    private final int workers;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private final Surroundings surroundings;
    private final BackendPool<LiveBackend> pool;
    private final ServiceDoor door;
    private final WaitingLine waiting = new WaitingLine();
    private volatile Opening opening;
    private volatile TcpOptions tcpOptions;
    private volatile @Nullable Recorder recorder;
    private final Consumer<ConnectionRecord> records;
    private volatile ProxyService settings;
    private volatile Timeouts timeouts;
    private volatile List<LiveListener> listeners = List.of();
    private volatile List<LiveBackend> backends = List.of();

    /** Backends that are not in the configuration any more and still serve or are being emptied. */
    private final List<LiveBackend> leaving = new ArrayList<>();

    /** What backends counted that are gone, so that the sums of the service never fall. */
    private long departedConnections;

    private long departedBytesIn;
    private long departedBytesOut;

    /** How often a backend has come to another state. */
    private final AtomicInteger changes = new AtomicInteger();

    /** What the operator wants of all backends, whatever is wanted of each. */
    private AdminState wish = AdminState.READY;

    /** Whether the service itself is not in the configuration any more. */
    private boolean removed;

    /** Which backends serve, as the journal was last told; null: nothing yet. */
    private @Nullable Tier toldTier;

    LiveService(ProxyService settings, ProxySettings engine, EventOutlet events, Surroundings surroundings) {
        this.name = settings.config().name();
        this.settings = settings;
        this.clock = engine.clock();
        this.workers = engine.workers();
        this.events = events;
        this.surroundings = surroundings;
        timeouts = Timeouts.of(settings.config().timeouts());
        pool = new BackendPool<>(settings.config().selection(), clock.now().nanos());
        door = new ServiceDoor(name, settings.traffic(), clock, events);
        opening = new Opening(settings.traffic());
        tcpOptions = new TcpOptions(settings.traffic().tcp());
        records = engine.records();
        recorder = Recorder.of(settings.traffic().records(), records);
        backends = settings.config().backends().stream().map(this::arrival).toList();
    }

    private LiveBackend arrival(BackendConfig backend) {
        return new LiveBackend(backend, pool, settings.health().checks(), workers, wish, clock.now());
    }

    /**
     * Takes new settings over. Backends with the same name and address stay as they are, with their connections, verdicts
     * and counters. Those that are gone from the settings are drained, but serve on until one of the others may: so a change
     * of all servers at once leaves no moment without any.
     *
     * @return the backends that are to be checked from now on: those that came, and those that came back
     */
    synchronized List<LiveBackend> configure(ProxyService next) {
        removed = false;
        settings = next;
        timeouts = Timeouts.of(next.config().timeouts());
        door.configure(next.traffic());
        opening = new Opening(next.traffic());
        tcpOptions = new TcpOptions(next.traffic().tcp());
        recorder = Recorder.of(next.traffic().records(), records);
        pool.configure(next.config().selection());
        List<LiveBackend> wanted = new ArrayList<>();
        List<LiveBackend> arrived = new ArrayList<>();
        for (BackendConfig config : next.config().backends()) {
            LiveBackend present = find(backends, config);
            if (present == null) {
                present = find(leaving, config);
                if (present == null) {
                    present = arrival(config);
                } else {
                    rejoin(present);
                }
                arrived.add(present);
            }
            present.configure(config);
            pool.configure(present.candidate(), config);
            BackendState before = present.state();
            present.configure(next.health());
            pool.setWanted(
                    present.candidate(),
                    present.agent().percent(),
                    present.agent().maxConnections());
            if (present.state() != before) {
                onStateChange(present, before, "the configuration has changed");
            }
            wanted.add(present);
        }
        for (LiveBackend backend : backends) {
            if (!wanted.contains(backend)) {
                leaving.add(backend);
            }
        }
        backends = List.copyOf(wanted);
        arrangePool();
        retireReplaced();
        serveWaiting();
        return arrived;
    }

    /** Whether it is what is wanted already. */
    synchronized boolean isAs(ProxyService wanted) {
        return !removed && settings.equals(wanted);
    }

    /** Whether the operator has not taken the backend out of the checks. */
    synchronized boolean isToBeChecked(LiveBackend backend) {
        return backend.wish() != AdminState.MAINTENANCE && !backend.isRetiring();
    }

    private static @Nullable LiveBackend find(List<LiveBackend> among, BackendConfig config) {
        for (LiveBackend backend : among) {
            if (backend.name().equals(config.name())
                    && backend.config().address().equals(config.address())) {
                return backend;
            }
        }
        return null;
    }

    /** Lets the pool choose among those that are wanted, in their order, and those that serve until they are replaced. */
    private void arrangePool() {
        pool.setMembers(withLeaving().stream()
                .filter(backend -> !backend.isRetiring())
                .map(LiveBackend::candidate)
                .toList());
    }

    /** It was not checked while it was leaving, so what the checks found before counts no more. */
    private void rejoin(LiveBackend backend) {
        leaving.remove(backend);
        backend.setWishForService(wish);
        if (backend.isRetiring()) {
            backend.setRetiring(false);
            backend.health().forget();
            wish(backend, AdminState.READY, "in the configuration again, not checked yet");
        }
    }

    /** Drains every backend, because the service is not in the configuration any more. */
    synchronized void remove() {
        removed = true;
        leaving.addAll(backends);
        backends = List.of();
        retireReplaced();
    }

    /** Whether the service is not in the configuration any more and nothing is left of it. */
    synchronized boolean isGone() {
        return removed && leaving.isEmpty();
    }

    private void retireReplaced() {
        if (!removed
                && !isDecided()
                && backends.stream().noneMatch(b -> b.candidate().isServing())) {
            return;
        }
        for (LiveBackend backend : List.copyOf(leaving)) {
            if (!backend.isRetiring()) {
                backend.setRetiring(true);
                pool.remove(backend.candidate());
                surroundings.retirementBegun(
                        this, backend, drain(backend, settings.config().drainTimeout()));
            }
        }
    }

    /** Drops a backend whose retirement is over; nothing if it has come back since that began. */
    synchronized void forget(LiveBackend backend, Drain retirement) {
        if (backend.drain() == retirement && backend.isRetiring() && leaving.remove(backend)) {
            departedConnections += backend.connections();
            departedBytesIn += backend.bytesIn();
            departedBytesOut += backend.bytesOut();
        }
    }

    void setListeners(List<LiveListener> newListeners) {
        listeners = List.copyOf(newListeners);
    }

    String name() {
        return name;
    }

    ProxyService settings() {
        return settings;
    }

    Timeouts timeouts() {
        return timeouts;
    }

    List<LiveListener> listeners() {
        return listeners;
    }

    List<LiveBackend> backends() {
        return backends;
    }

    /** @throws IllegalArgumentException if none of that name is configured */
    LiveBackend backend(String name) {
        for (LiveBackend backend : backends) {
            if (backend.name().equals(name)) {
                return backend;
            }
        }
        String known = backends.stream().map(LiveBackend::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("backend of " + name() + ": " + name + " (expected: one of " + known + ")");
    }

    /** Judges new connections. */
    ServiceDoor door() {
        return door;
    }

    /** What comes before the octets of clients. */
    Opening opening() {
        return opening;
    }

    /** The service to which a route leads; null: it is not there. */
    @Nullable
    LiveService target(RouteConfig route) {
        return route.service().equals(name) ? this : surroundings.find(route.service());
    }

    /** Takes the records of connections; null: none are kept. */
    @Nullable
    Recorder recorder() {
        return recorder;
    }

    /** What the kernel is told about connections. */
    TcpOptions tcpOptions() {
        return tcpOptions;
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

    /** Lets a client wait for a backend; whether there is a place for it. It may be served before this returns. */
    synchronized boolean enqueue(WaitingLine.Client client) {
        if (waiting.size() >= settings.traffic().queue().length()) {
            return false;
        }
        waiting.join(client);
        // A place may have become free since the client found none.
        serveWaiting();
        return true;
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
        return changes.get();
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
        return settings.config().selection().balance() == Balance.LEAST_LATENCY
                || settings.health().outliers().isPresent();
    }

    /** A connection to a backend was not made. */
    synchronized void onConnectFailed(LiveBackend backend, Duration after, String how) {
        backend.candidate().answered(after, clock.now());
        onConnection(backend, false, how);
    }

    /** A connection to a backend was made. */
    synchronized void onConnected(LiveBackend backend) {
        if (!countsResets()) {
            onConnection(backend, true, "");
        }
    }

    /** A backend has answered a client for the first time on a connection. */
    synchronized void onAnswer(LiveBackend backend, Duration after) {
        backend.candidate().answered(after, clock.now());
        onConnection(backend, true, "");
    }

    /** A connection has ended before the backend has answered. */
    synchronized void onEndWithoutAnswer(LiveBackend backend, boolean resetByBackend) {
        if (countsResets()) {
            onConnection(backend, !resetByBackend, "reset before an answer");
        }
    }

    private boolean countsResets() {
        return settings.health().outliers().map(OutlierConfig::countResets).orElse(false);
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
        finishIfEmpty(backend);
    }

    private void finishIfEmpty(LiveBackend backend) {
        if (backend.active() == 0 && backend.isCounted()) {
            finishDrain(backend);
        }
    }

    /** What another engine that forwards flows of this service has to know of its backends. */
    synchronized List<BackendView> views() {
        MonotonicInstant now = clock.now();
        boolean resetWhenDown = settings.health().onDown() == ServiceHealthConfig.OnDown.RESET;
        return withLeaving().stream()
                .map(backend -> backend.view(name(), now, resetWhenDown))
                .toList();
    }

    /**
     * Takes over what another engine has of a backend; nothing if the backend is gone.
     *
     * @param flows null: it has none any more, nor will have
     */
    synchronized void onOffloaded(BackendKey key, @Nullable OffloadedFlows flows) {
        for (LiveBackend backend : withLeaving()) {
            if (backend.name().equals(key.backend())
                    && backend.config().address().equals(key.address())) {
                Drain drain = backend.drain();
                if (flows != null && drain != null && !drain.isOver()) {
                    drain.countResets(flows.reset());
                }
                backend.setOffloaded(flows);
                finishIfEmpty(backend);
            }
        }
    }

    /**
     * Takes the result of a check in.
     *
     * @param index which of the checks it was
     * @param excused whether it says nothing about the backend
     * @return whether it is worth looking again soon
     */
    synchronized boolean onCheck(LiveBackend backend, int index, CheckReport report, boolean excused) {
        backend.setLastCheck(index, report);
        if (excused) {
            return true;
        }
        BackendState before = backend.state();
        Verdict verdictBefore = backend.health().verdict();
        backend.health().record(index, report.success());
        BackendState after = backend.state();
        boolean first = verdictBefore == Verdict.UNKNOWN && backend.health().verdict() != Verdict.UNKNOWN;
        if (before != after || (first && backend.wish() == AdminState.READY)) {
            onStateChange(backend, first ? null : before, reason(index, report));
            resetIfDown(backend, before);
        }
        return backend.health().isChanging(index);
    }

    private String reason(int index, CheckReport report) {
        List<HealthCheckConfig> checks = settings.health().checks();
        String which =
                checks.size() == 1 ? "check: " : "check " + checks.get(index).shown() + ": ";
        return which + report.detail();
    }

    /** Takes in what the agent of a backend has said, if it could be asked. */
    synchronized void onAgent(LiveBackend backend, Finding finding) {
        if (!finding.success()) {
            return;
        }
        AgentState agent = backend.agent().after(AgentReport.parse(finding.detail()));
        if (agent.equals(backend.agent())) {
            return;
        }
        BackendState before = backend.state();
        backend.setAgent(agent);
        pool.setWanted(backend.candidate(), agent.percent(), agent.maxConnections());
        String reason = "agent: " + finding.detail();
        if (backend.state() == before) {
            events.tell(new ProxyEvent.AgentSaid(name(), backend.name(), finding.detail()));
            tellTier(backend.name() + ": " + reason);
            serveWaiting();
        } else {
            onStateChange(backend, before, reason);
            resetIfDown(backend, before);
        }
    }

    /** What is found dead, other than suspected by the connections of clients, may lose those that it has. */
    private void resetIfDown(LiveBackend backend, BackendState before) {
        if (before == BackendState.HEALTHY
                && backend.state() == BackendState.UNHEALTHY
                && settings.health().onDown() == ServiceHealthConfig.OnDown.RESET) {
            surroundings.resetConnections(backend);
        }
    }

    /** Takes in how the connection of a client to a backend fared. */
    private void onConnection(LiveBackend backend, boolean success, String how) {
        OutlierConfig config = settings.health().outliers().orElse(null);
        if (config == null || !backend.outlier().record(success, config)) {
            return;
        }
        int wanted = 0;
        int ejected = 0;
        for (LiveBackend each : backends) {
            wanted += each.wish() == AdminState.READY ? 1 : 0;
            ejected += each.isEjected() ? 1 : 0;
        }
        if (backend.state() == BackendState.HEALTHY && ejected < config.mostEjected(wanted)) {
            eject(backend, config, how);
        }
    }

    private void eject(LiveBackend backend, OutlierConfig config, String how) {
        int failures = backend.outlier().failuresInARow();
        Duration length = backend.outlier().eject(config, clock.now());
        backend.setEjected(true);
        onStateChange(
                backend,
                BackendState.HEALTHY,
                "ejected for " + length.toMillis() / 1000.0 + "s: " + failures
                        + " connections of clients failed in a row, the last one: " + how);
        surroundings.runAfter(length, () -> readmit(backend));
    }

    /** Ends an ejection whose time is over, if nothing else has. */
    private synchronized void readmit(LiveBackend backend) {
        if (backend.isEjected() && !backend.outlier().isEjected(clock.now())) {
            BackendState before = backend.state();
            backend.setEjected(false);
            if (backend.state() != before) {
                onStateChange(backend, before, "ejection is over");
            }
        }
    }

    /** Starts a drain, or gives a running one another deadline. */
    synchronized Drain drain(LiveBackend backend, Duration timeout) {
        BackendState before = backend.state();
        backend.setOwnWish(AdminState.DRAIN);
        return drain(backend, before, timeout, "drain requested");
    }

    /** The same for every backend, and for those that will come, until the service is ready again. */
    synchronized Map<LiveBackend, Drain> drain(Duration timeout) {
        wish = AdminState.DRAIN;
        Map<LiveBackend, Drain> drains = new LinkedHashMap<>();
        for (LiveBackend backend : backends) {
            BackendState before = backend.state();
            backend.setWishForService(wish);
            drains.put(backend, drain(backend, before, timeout, "drain of the service requested"));
        }
        return drains;
    }

    private Drain drain(LiveBackend backend, BackendState before, Duration timeout, String reason) {
        MonotonicInstant now = clock.now();
        Drain running = backend.drain();
        if (backend.state() != before) {
            onStateChange(backend, before, reason);
        }
        if (running != null && !running.isOver()) {
            running.setPlan(running.plan().withTimeout(now, timeout));
            return running;
        }
        int live = backend.active();
        Drain drain = new Drain(DrainPlan.begin(now, timeout, live), workers);
        backend.setDrain(drain);
        events.tell(new ProxyEvent.DrainStarted(name(), backend.name(), live, timeout));
        finishIfEmpty(backend);
        return drain;
    }

    /** Puts a backend back to work, as far as its checks agree. */
    synchronized void ready(LiveBackend backend) {
        BackendState before = backend.state();
        backend.outlier().forget();
        backend.setEjected(false);
        backend.setOwnWish(AdminState.READY);
        fulfil(backend, before, "ready requested");
    }

    /** Puts every backend back to work of which nothing else is wanted by its own name. */
    synchronized void ready() {
        wishForAll(AdminState.READY, "ready of the service requested");
    }

    /** Leaves a backend alone; what the checks found so far counts no more. */
    synchronized void maintenance(LiveBackend backend) {
        wish(backend, AdminState.MAINTENANCE, "maintenance requested");
        leaveAlone(backend);
    }

    /** Leaves every backend alone, and those that will come, until the service is ready again. */
    synchronized void maintenance() {
        wishForAll(AdminState.MAINTENANCE, "maintenance of the service requested");
        backends.forEach(this::leaveAlone);
    }

    private void leaveAlone(LiveBackend backend) {
        backend.health().forget();
        // As it was not to serve anyway, nothing but its standing has changed.
        pool.setStanding(backend.candidate(), backend.standing());
    }

    private void wishForAll(AdminState next, String reason) {
        wish = next;
        for (LiveBackend backend : backends) {
            BackendState before = backend.state();
            backend.setWishForService(next);
            fulfil(backend, before, reason);
        }
    }

    private void wish(LiveBackend backend, AdminState next, String reason) {
        BackendState before = backend.state();
        backend.setOwnWish(next);
        fulfil(backend, before, reason);
    }

    /** Calls a drain off that is not wanted any more. */
    private void fulfil(LiveBackend backend, BackendState before, String reason) {
        if (backend.wish() != AdminState.DRAIN) {
            finishDrain(backend);
            backend.setDrain(null);
        }
        if (backend.state() != before) {
            onStateChange(backend, before, reason);
        }
    }

    private void finishDrain(LiveBackend backend) {
        Drain drain = backend.drain();
        if (drain == null || drain.isOver()) {
            return;
        }
        DrainOutcome outcome = drain.finish(backend.active(), clock.now());
        events.tell(new ProxyEvent.DrainFinished(name(), backend.name(), outcome));
        events.after(() -> drain.result().complete(outcome));
    }

    private void onStateChange(LiveBackend backend, @Nullable BackendState before, String reason) {
        BackendState state = backend.state();
        MonotonicInstant now = clock.now();
        backend.entered(now, reason);
        if (state == BackendState.HEALTHY && backend.wasJudgedBefore()) {
            pool.startSlowly(backend.candidate(), now);
        }
        pool.setStanding(backend.candidate(), backend.standing());
        pool.prepare(now);
        events.tell(new ProxyEvent.BackendStateChanged(name(), backend.name(), before, state, reason));
        changes.incrementAndGet();
        retireReplaced();
        if (!removed) {
            tellTier(backend.name() + ": " + reason);
        }
        serveWaiting();
    }

    /** Tells which backends serve, where that is other than what was told last. */
    private void tellTier(String reason) {
        Tier tier = pool.tier();
        if (tier == toldTier || (tier == Tier.NONE && toldTier == null && !isDecided())) {
            return;
        }
        if (tier == Tier.NONE) {
            events.tell(new ProxyEvent.ServiceWithoutBackend(name(), reason));
        } else if (toldTier != null || tier != Tier.HEALTHY) {
            events.tell(new ProxyEvent.ServiceServedBy(name(), tier, reason));
        }
        toldTier = tier;
    }

    /** Whether something can be said about every backend: at start none is told missing before it was looked for. */
    private boolean isDecided() {
        return backends.stream().noneMatch(LiveBackend::isUndecided);
    }

    /** Calls off the drains that run. */
    synchronized void cancelDrains() {
        withLeaving().forEach(this::finishDrain);
    }

    private List<LiveBackend> withLeaving() {
        List<LiveBackend> all = new ArrayList<>(backends);
        all.addAll(leaving);
        return all;
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
        List<BackendSnapshot> backendSnapshots = new ArrayList<>();
        for (LiveBackend backend : withLeaving()) {
            Drain drain = backend.drain();
            backendSnapshots.add(backend.snapshot(drain == null ? null : drain.status(backend.active(), now)));
        }
        return new ServiceSnapshot(
                name(),
                settings.config().listeners(),
                settings.config().selection().balance(),
                listeners.isEmpty() || listeners.stream().anyMatch(LiveListener::isOpen),
                pool.tier(),
                pool.health(),
                wish,
                backendSnapshots.stream().mapToInt(BackendSnapshot::active).sum(),
                waiting.size(),
                departedConnections
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::total)
                                .sum(),
                departedBytesIn
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::bytesIn)
                                .sum(),
                departedBytesOut
                        + backendSnapshots.stream()
                                .mapToLong(BackendSnapshot::bytesOut)
                                .sum(),
                door.refusals(),
                backendSnapshots);
    }
}
