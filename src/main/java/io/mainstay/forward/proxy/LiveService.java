// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AdminState;
import io.mainstay.forward.Admission;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Candidate;
import io.mainstay.forward.DrainPlan;
import io.mainstay.forward.Tier;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.RiseFall;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
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

    /** Is told when a backend that is no longer wanted is being emptied. */
    interface Retirement {

        /**
         * The drain of a backend that was replaced or removed has begun; called under the lock of the service.
         *
         * @param drain when it is over, {@link LiveService#forget} is to be called
         */
        void begun(LiveService service, LiveBackend backend, Drain drain);
    }

    private final String name;
    private final int workers;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private final Retirement retirement;
    private final BackendPool<LiveBackend> pool;
    private final Map<RefusalReason, LongAdder> refused = new EnumMap<>(RefusalReason.class);
    private final Map<RefusalReason, Long> toldRefusals = new EnumMap<>(RefusalReason.class);
    private final Admission admission;
    private volatile boolean guarded;
    private volatile Opening opening;
    private volatile TcpOptions tcpOptions;
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

    /** Whether the service itself is not in the configuration any more. */
    private boolean removed;

    /** Which backends serve, as the journal was last told; null: nothing yet. */
    private @Nullable Tier toldTier;

    LiveService(ProxyService settings, ProxySettings engine, EventOutlet events, Retirement retirement) {
        this.name = settings.config().name();
        this.settings = settings;
        this.clock = engine.clock();
        this.workers = engine.workers();
        this.events = events;
        this.retirement = retirement;
        timeouts = Timeouts.of(settings.config().timeouts());
        pool = new BackendPool<>(settings.config().selection(), clock.now().nanos());
        admission =
                new Admission(settings.traffic().limits(), settings.traffic().access(), clock.now());
        guarded = isGuarded(settings.traffic());
        opening = new Opening(settings.traffic());
        tcpOptions = new TcpOptions(settings.traffic().tcp());
        for (RefusalReason reason : RefusalReason.values()) {
            refused.put(reason, new LongAdder());
        }
        backends = settings.config().backends().stream().map(this::arrival).toList();
    }

    private LiveBackend arrival(BackendConfig backend) {
        RiseFall riseFall =
                new RiseFall(settings.check().failures(), settings.check().success());
        return new LiveBackend(backend, pool, riseFall, workers, clock.now());
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
        admission.configure(next.traffic().limits(), next.traffic().access());
        guarded = isGuarded(next.traffic());
        opening = new Opening(next.traffic());
        tcpOptions = new TcpOptions(next.traffic().tcp());
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
            present.riseFall()
                    .setThresholds(next.check().failures(), next.check().success());
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
        if (backend.isRetiring()) {
            backend.setRetiring(false);
            backend.riseFall().forget();
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
                retirement.begun(this, backend, drain(backend, settings.config().drainTimeout()));
            }
        }
    }

    /** Drops a backend whose retirement is over; nothing if it has come back since that began. */
    synchronized void forget(LiveBackend backend, Drain retirement) {
        if (backend.drain() == retirement && backend.isRetiring() && leaving.remove(backend)) {
            departedConnections += backend.sum(FlowCounters::connections);
            departedBytesIn += backend.sum(FlowCounters::bytesIn);
            departedBytesOut += backend.sum(FlowCounters::bytesOut);
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

    void countRefused(RefusalReason reason) {
        LongAdder counter = refused.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Tells how many clients were refused since this was done last, for each reason for which there are any. */
    synchronized void tellRefusals() {
        refused.forEach((reason, counter) -> {
            long count = counter.sum();
            long untold = count - toldRefusals.getOrDefault(reason, 0L);
            if (untold > 0) {
                toldRefusals.put(reason, count);
                events.tell(new ProxyEvent.ClientsRefused(name, reason, untold));
            }
        });
    }

    /** What comes before the octets of clients. */
    Opening opening() {
        return opening;
    }

    /** What the kernel is told about connections. */
    TcpOptions tcpOptions() {
        return tcpOptions;
    }

    /** Whether new connections have to be judged by {@link #admit} at all. */
    boolean isGuarded() {
        return guarded;
    }

    private static boolean isGuarded(TrafficConfig traffic) {
        return traffic.limits().isAny() || !traffic.access().equals(AccessConfig.EVERYBODY);
    }

    /** Judges a new connection; null: it is admitted, and {@link #dismiss} is to follow. */
    synchronized @Nullable RefusalReason admit(Endpoint client) {
        return switch (admission.admit(client.address(), clock.now())) {
            case ADMITTED -> null;
            case DENIED -> RefusalReason.DENIED;
            case SERVICE_FULL -> RefusalReason.SERVICE_FULL;
            case SOURCE_FULL -> RefusalReason.SOURCE_FULL;
            case SERVICE_TOO_FAST -> RefusalReason.SERVICE_TOO_FAST;
            case SOURCE_TOO_FAST -> RefusalReason.SOURCE_TOO_FAST;
        };
    }

    /** Counts out a connection that was admitted. */
    synchronized void dismiss(Endpoint client) {
        admission.ended(client.address(), clock.now());
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
        return settings.config().selection().balance() == Balance.LEAST_LATENCY;
    }

    /** A backend has answered a client for the first time on a connection. */
    synchronized void onAnswer(LiveBackend backend, Duration after) {
        backend.candidate().answered(after, clock.now());
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

    /** Takes the result of a check in. */
    synchronized void onCheck(LiveBackend backend, CheckReport report) {
        BackendState before = backend.state();
        boolean first = backend.riseFall().verdict() == Verdict.UNKNOWN;
        backend.setLastCheck(report);
        backend.riseFall().record(report.success());
        BackendState after = backend.state();
        if (before != after || (first && backend.wish() == AdminState.READY)) {
            onStateChange(backend, first ? null : before, "check: " + report.detail());
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
        wish(backend, AdminState.READY, "ready requested");
    }

    /** Leaves a backend alone; what the checks found so far counts no more. */
    synchronized void maintenance(LiveBackend backend) {
        wish(backend, AdminState.MAINTENANCE, "maintenance requested");
        backend.riseFall().forget();
    }

    private void wish(LiveBackend backend, AdminState wish, String reason) {
        BackendState before = backend.state();
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
        backend.setSince(now);
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
        for (LiveBackend backend : withLeaving()) {
            Drain drain = backend.drain();
            if (drain != null && !drain.isOver()) {
                finish(backend, drain);
            }
        }
    }

    private List<LiveBackend> withLeaving() {
        List<LiveBackend> all = new ArrayList<>(backends);
        all.addAll(leaving);
        return all;
    }

    synchronized ServiceSnapshot snapshot() {
        MonotonicInstant now = clock.now();
        List<BackendSnapshot> backendSnapshots = new ArrayList<>();
        for (LiveBackend backend : withLeaving()) {
            Drain drain = backend.drain();
            backendSnapshots.add(backend.snapshot(drain == null ? null : drain.status(backend.active(), now)));
        }
        Map<RefusalReason, Long> refusals = new EnumMap<>(RefusalReason.class);
        refused.forEach((reason, count) -> refusals.put(reason, count.sum()));
        return new ServiceSnapshot(
                name(),
                settings.config().listeners(),
                settings.config().selection().balance(),
                listeners.stream().anyMatch(LiveListener::isOpen),
                pool.tier(),
                backendSnapshots.stream().mapToInt(BackendSnapshot::active).sum(),
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
                refusals,
                backendSnapshots);
    }
}
