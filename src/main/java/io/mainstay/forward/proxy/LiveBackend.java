// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Candidate;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.Standing;
import io.mainstay.health.AgentState;
import io.mainstay.health.BackendHealth;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.Outlier;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.Verdict;
import io.mainstay.net.Ipv6Address;
import io.mainstay.time.MonotonicInstant;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A backend with its state. All but the configuration and the counters is guarded by the lock of its {@link LiveService}.
 */
final class LiveBackend {

    private volatile BackendConfig config;
    private final InetSocketAddress address;
    private final FlowCounters[] countersOfWorkers;
    private final Candidate<LiveBackend> candidate;
    private final BackendHealth health;
    private final Outlier outlier = new Outlier();
    private @Nullable CheckReport[] lastChecks;
    private AdminState ownWish = AdminState.READY;
    private AdminState wishForService;
    private boolean known;
    private boolean everHealthy;
    private AgentState agent = AgentState.INITIAL;
    private boolean ejected;
    private MonotonicInstant since;
    private String reason = "";
    private @Nullable Drain drain;
    private boolean retiring;
    private @Nullable OffloadedFlows offloaded;
    private OffloadedFlows departed = new OffloadedFlows(0, 0, 0, 0, 0, 0, 0, 0);

    /** See {@link BackendView#version}. */
    private int version;

    LiveBackend(
            BackendConfig config,
            BackendPool<LiveBackend> pool,
            List<HealthCheckConfig> checks,
            int workers,
            AdminState wishForService,
            MonotonicInstant now) {
        this.config = config;
        this.wishForService = wishForService;
        health = new BackendHealth(checks);
        lastChecks = new CheckReport[checks.size()];
        since = now;
        address = SocketAddresses.of(config.address());
        countersOfWorkers = new FlowCounters[workers];
        for (int i = 0; i < workers; i++) {
            countersOfWorkers[i] = new FlowCounters();
        }
        candidate = pool.add(this, config);
    }

    String name() {
        return config.name();
    }

    BackendConfig config() {
        return config;
    }

    /** Takes other settings over; the address stays. */
    void configure(BackendConfig newConfig) {
        config = newConfig;
    }

    /** Whether it is not in the configuration any more and is being emptied. */
    boolean isRetiring() {
        return retiring;
    }

    void setRetiring(boolean retiring) {
        this.retiring = retiring;
        version++;
    }

    InetSocketAddress address() {
        return address;
    }

    /** The address with a port that lies so far behind. */
    InetSocketAddress address(int portOffset) {
        return portOffset == 0 ? address : new InetSocketAddress(address.getAddress(), address.getPort() + portOffset);
    }

    boolean isIpv6() {
        return config.address().address() instanceof Ipv6Address;
    }

    /** The counters to which this worker alone adds. */
    FlowCounters counters(int worker) {
        return countersOfWorkers[worker];
    }

    Candidate<LiveBackend> candidate() {
        return candidate;
    }

    /** Connections that it has, wherever they are forwarded. */
    int active() {
        OffloadedFlows other = offloaded;
        return candidate.active() + (other == null ? 0 : other.live());
    }

    /** Takes over what another engine has of it; null: nothing, nor will it have. */
    void setOffloaded(@Nullable OffloadedFlows flows) {
        OffloadedFlows before = offloaded;
        if (flows == null && before != null) {
            departed = sumWithDeparted(before);
        }
        offloaded = flows;
    }

    /** The counters of the other engine begin anew when it has the backend again. */
    private OffloadedFlows sumWithDeparted(OffloadedFlows last) {
        return new OffloadedFlows(
                0,
                0,
                departed.total() + last.total(),
                departed.packetsIn() + last.packetsIn(),
                departed.octetsIn() + last.octetsIn(),
                departed.packetsOut() + last.packetsOut(),
                departed.octetsOut() + last.octetsOut(),
                0);
    }

    /** Whether the live connections are all known: another engine counts its own from time to time. */
    boolean isCounted() {
        OffloadedFlows other = offloaded;
        return other == null || other.asOf() == version;
    }

    /** @param resetWhenDown whether it is to lose its live connections when its checks find it down */
    BackendView view(String service, MonotonicInstant now, boolean resetWhenDown) {
        Drain running = drain;
        boolean overdue = running != null
                && !running.isOver()
                && running.plan().remaining(now).isZero();
        boolean serving = candidate.isServing() && !retiring;
        // After maintenance nothing is known at first, and what it has is not to be lost for that.
        boolean isJudged = health.verdict() != Verdict.UNKNOWN;
        boolean failing = isJudged && state() == BackendState.UNHEALTHY;
        // In a panic that has all of them serve it gets new connections: none can live where all are reset.
        boolean down = everHealthy && failing && !ejected && !serving;
        return new BackendView(
                new BackendKey(service, config.name(), config.address()),
                config.weight(),
                serving,
                failing,
                overdue || (down && resetWhenDown),
                version);
    }

    BackendState state() {
        return BackendState.of(effectiveWish(), isFit());
    }

    /** That of the operator, and under it that of the backend's agent. */
    private AdminState effectiveWish() {
        return agent.draining() ? wish().and(AdminState.DRAIN) : wish();
    }

    private boolean isFit() {
        return health.verdict() == Verdict.HEALTHY && !agent.down() && !ejected;
    }

    /** What the choice has to know. */
    Standing standing() {
        if (health.verdict() == Verdict.UNKNOWN) {
            return Standing.OUT;
        }
        return switch (effectiveWish()) {
            case READY -> isFit() ? Standing.HEALTHY : Standing.FAILING;
            case DRAIN -> isFit() && !isClosed() ? Standing.DRAINING : Standing.OUT;
            case MAINTENANCE -> Standing.OUT;
        };
    }

    /** Whether its drain is over or past its deadline, so that not even clients that it has may come. */
    private boolean isClosed() {
        Drain running = drain;
        return running != null && !running.isOpen();
    }

    /** Whether something was known of it before its last change, so that this is news and not a start. To be asked at each. */
    boolean wasKnownBefore() {
        boolean before = known;
        known |= health.verdict() != Verdict.UNKNOWN;
        everHealthy |= state() == BackendState.HEALTHY;
        return before;
    }

    /** What the operator wants of this backend, by its own name or together with the others of the service. */
    AdminState wish() {
        return ownWish.and(wishForService);
    }

    void setOwnWish(AdminState wish) {
        ownWish = wish;
        version++;
    }

    void setWishForService(AdminState wish) {
        wishForService = wish;
        version++;
    }

    /** Whether it is wanted and no check has ended yet, so that nothing can be said about it. */
    boolean isUndecided() {
        return wish() == AdminState.READY && health.verdict() == Verdict.UNKNOWN;
    }

    /** Takes over how it is judged from now on; its state stays until that says otherwise. */
    void configure(ServiceHealthConfig next) {
        health.configure(next.checks());
        lastChecks = Arrays.copyOf(lastChecks, next.checks().size());
        if (next.agent().isEmpty()) {
            agent = AgentState.INITIAL;
        }
        if (next.outliers().isEmpty()) {
            outlier.forget();
            ejected = false;
        }
    }

    BackendHealth health() {
        return health;
    }

    Outlier outlier() {
        return outlier;
    }

    boolean isEjected() {
        return ejected;
    }

    void setEjected(boolean ejected) {
        this.ejected = ejected;
    }

    AgentState agent() {
        return agent;
    }

    void setAgent(AgentState newAgent) {
        agent = newAgent;
    }

    @Nullable
    Drain drain() {
        return drain;
    }

    void setDrain(@Nullable Drain newDrain) {
        drain = newDrain;
        version++;
    }

    /** Notes when and why it entered the state that it is in. */
    void entered(MonotonicInstant now, String why) {
        since = now;
        reason = why;
    }

    void setLastCheck(int check, CheckReport report) {
        lastChecks[check] = report;
    }

    /** Of several checks the latest one that failed, or the latest of all. */
    private @Nullable CheckReport lastCheck() {
        CheckReport last = null;
        for (CheckReport report : lastChecks) {
            if (report == null) {
                continue;
            }
            boolean worse = last != null && last.success() && !report.success();
            boolean later = last != null
                    && last.success() == report.success()
                    && report.at().isAfter(last.at());
            if (last == null || worse || later) {
                last = report;
            }
        }
        return last;
    }

    long connections() {
        OffloadedFlows other = offloaded;
        return sum(FlowCounters::connections) + departed.total() + (other == null ? 0 : other.total());
    }

    long bytesIn() {
        OffloadedFlows other = offloaded;
        return sum(FlowCounters::bytesIn) + departed.octetsIn() + (other == null ? 0 : other.octetsIn());
    }

    long bytesOut() {
        OffloadedFlows other = offloaded;
        return sum(FlowCounters::bytesOut) + departed.octetsOut() + (other == null ? 0 : other.octetsOut());
    }

    /** The relay knows none, so that these are those of the other engine. */
    long packetsIn() {
        OffloadedFlows other = offloaded;
        return departed.packetsIn() + (other == null ? 0 : other.packetsIn());
    }

    long packetsOut() {
        OffloadedFlows other = offloaded;
        return departed.packetsOut() + (other == null ? 0 : other.packetsOut());
    }

    /** Sum over all workers. */
    private long sum(ToLongFunction<FlowCounters> counter) {
        long sum = 0;
        for (FlowCounters counters : countersOfWorkers) {
            sum += counter.applyAsLong(counters);
        }
        return sum;
    }

    BackendSnapshot snapshot(@Nullable DrainStatus drainStatus) {
        return new BackendSnapshot(
                config.name(),
                config.address(),
                state(),
                config.weight(),
                candidate.sharePercent(),
                candidate.limit(),
                config.backup(),
                active(),
                connections(),
                bytesIn(),
                bytesOut(),
                packetsIn(),
                packetsOut(),
                sum(FlowCounters::connectFailures),
                since,
                reason,
                lastCheck(),
                agent,
                drainStatus);
    }
}
