// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Candidate;
import io.mainstay.forward.DrainPlan;
import io.mainstay.forward.ListenerConfig;
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
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A service with its backends and their states. Safe for use by several threads: one lock guards the choice of a backend and
 * every change of state; a worker takes it twice for each connection and never for an octet.
 */
final class LiveService {

    /** The timeouts of a service in the unit of the relay's deadlines. */
    record Timeouts(long connectNanos, long idleNanos, long halfClosedNanos) {

        static Timeouts of(TimeoutConfig config) {
            return new Timeouts(
                    config.connect().toNanos(),
                    config.idle().toNanos(),
                    config.halfClosed().toNanos());
        }
    }

    private final ProxyService settings;
    private final Timeouts timeouts;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private final Surroundings surroundings;
    private final List<LiveListener> listeners = new ArrayList<>();
    private final List<LiveBackend> backends = new ArrayList<>();
    private final BackendPool<LiveBackend> pool;
    private final Map<RefusalReason, LongAdder> refused = new EnumMap<>(RefusalReason.class);

    /** Which backends serve, as the journal was last told; null: nothing yet. */
    private @Nullable Tier toldTier;

    LiveService(ProxyService settings, ProxySettings engine, EventOutlet events, Surroundings surroundings) {
        this.settings = settings;
        this.clock = engine.clock();
        this.events = events;
        this.surroundings = surroundings;
        timeouts = Timeouts.of(settings.config().timeouts());
        pool = new BackendPool<>(settings.config().selection(), clock.now().nanos());
        for (ListenerConfig listener : settings.config().listeners()) {
            boolean virtual =
                    engine.virtualAddresses().contains(listener.endpoint().address());
            listeners.add(new LiveListener(listener, virtual));
        }
        for (BackendConfig backend : settings.config().backends()) {
            backends.add(new LiveBackend(backend, pool, settings.health().checks(), engine.workers(), clock.now()));
        }
        for (RefusalReason reason : RefusalReason.values()) {
            refused.put(reason, new LongAdder());
        }
    }

    String name() {
        return settings.config().name();
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

    /** @throws IllegalArgumentException if there is none of that name */
    LiveBackend backend(String name) {
        for (LiveBackend backend : backends) {
            if (backend.name().equals(name)) {
                return backend;
            }
        }
        String known = backends.stream().map(LiveBackend::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("backend of " + name() + ": " + name + " (expected: one of " + known + ")");
    }

    void countRefused(RefusalReason reason) {
        LongAdder counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
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
        Drain drain = backend.drain();
        if (drain != null && !drain.isOver() && backend.active() == 0) {
            finish(backend, drain);
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
        MonotonicInstant now = clock.now();
        Drain running = backend.drain();
        if (running != null && !running.isOver()) {
            running.setPlan(running.plan().withTimeout(now, timeout));
            return running;
        }
        BackendState before = backend.state();
        int live = backend.active();
        Drain drain = new Drain(DrainPlan.begin(now, timeout, live));
        backend.setWish(AdminState.DRAIN, drain);
        if (before != BackendState.DRAINING) {
            onStateChange(backend, before, "drain requested");
        }
        events.tell(new ProxyEvent.DrainStarted(name(), backend.name(), live, timeout));
        if (live == 0) {
            finish(backend, drain);
        }
        return drain;
    }

    /** Puts a backend back to work, as far as its checks agree. */
    synchronized void ready(LiveBackend backend) {
        BackendState before = backend.state();
        backend.outlier().forget();
        backend.setEjected(false);
        wish(backend, before, AdminState.READY, "ready requested");
    }

    /** Leaves a backend alone; what the checks found so far counts no more. */
    synchronized void maintenance(LiveBackend backend) {
        wish(backend, backend.state(), AdminState.MAINTENANCE, "maintenance requested");
        backend.health().forget();
        // As it was not to serve anyway, nothing but its standing has changed.
        pool.setStanding(backend.candidate(), backend.standing());
    }

    private void wish(LiveBackend backend, BackendState before, AdminState wish, String reason) {
        Drain drain = backend.drain();
        if (drain != null && !drain.isOver()) {
            finish(backend, drain);
        }
        backend.setWish(wish, null);
        if (backend.state() != before) {
            onStateChange(backend, before, reason);
        }
    }

    private void finish(LiveBackend backend, Drain drain) {
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
        tellTier(backend.name() + ": " + reason);
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
        for (LiveBackend backend : backends) {
            Drain drain = backend.drain();
            if (drain != null && !drain.isOver()) {
                finish(backend, drain);
            }
        }
    }

    synchronized ServiceSnapshot snapshot() {
        MonotonicInstant now = clock.now();
        List<BackendSnapshot> backendSnapshots = new ArrayList<>(backends.size());
        for (LiveBackend backend : backends) {
            Drain drain = backend.drain();
            backendSnapshots.add(backend.snapshot(drain == null ? null : drain.status(backend.active(), now)));
        }
        Map<RefusalReason, Long> refusals = new EnumMap<>(RefusalReason.class);
        refused.forEach((reason, count) -> refusals.put(reason, count.sum()));
        return new ServiceSnapshot(
                name(),
                settings.config().listeners(),
                listeners.stream().anyMatch(LiveListener::isOpen),
                pool.tier(),
                pool.active(),
                backendSnapshots.stream().mapToLong(BackendSnapshot::total).sum(),
                backendSnapshots.stream().mapToLong(BackendSnapshot::bytesIn).sum(),
                backendSnapshots.stream().mapToLong(BackendSnapshot::bytesOut).sum(),
                refusals,
                backendSnapshots);
    }
}
