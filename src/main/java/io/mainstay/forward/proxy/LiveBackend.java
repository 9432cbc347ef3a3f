// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Candidate;
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
    private boolean judged;
    private AgentState agent = AgentState.INITIAL;
    private boolean ejected;
    private MonotonicInstant since;
    private String reason = "";
    private @Nullable Drain drain;
    private boolean retiring;

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

    int active() {
        return candidate.active();
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
            case DRAIN -> isFit() ? Standing.DRAINING : Standing.OUT;
            case MAINTENANCE -> Standing.OUT;
        };
    }

    /** Whether something was known of it before now, so that what is known now is news and not a start. */
    boolean wasJudgedBefore() {
        boolean before = judged;
        judged = true;
        return before;
    }

    /** What the operator wants of this backend, by its own name or together with the others of the service. */
    AdminState wish() {
        return ownWish.and(wishForService);
    }

    void setOwnWish(AdminState wish) {
        ownWish = wish;
    }

    void setWishForService(AdminState wish) {
        wishForService = wish;
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

    /** Sum over all workers. */
    long sum(ToLongFunction<FlowCounters> counter) {
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
                sum(FlowCounters::connections),
                sum(FlowCounters::bytesIn),
                sum(FlowCounters::bytesOut),
                sum(FlowCounters::connectFailures),
                since,
                reason,
                lastCheck(),
                agent,
                drainStatus);
    }
}
