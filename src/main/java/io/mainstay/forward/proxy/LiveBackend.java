// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Candidate;
import io.mainstay.forward.Standing;
import io.mainstay.health.RiseFall;
import io.mainstay.health.Verdict;
import io.mainstay.net.Ipv6Address;
import io.mainstay.time.MonotonicInstant;
import java.net.InetSocketAddress;
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
    private final RiseFall riseFall;
    private AdminState wish = AdminState.READY;
    private boolean judged;
    private MonotonicInstant since;
    private @Nullable CheckReport lastCheck;
    private @Nullable Drain drain;
    private boolean retiring;

    LiveBackend(
            BackendConfig config, BackendPool<LiveBackend> pool, RiseFall riseFall, int workers, MonotonicInstant now) {
        this.config = config;
        this.riseFall = riseFall;
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
        return BackendState.of(wish, riseFall.verdict() == Verdict.HEALTHY);
    }

    /** What the choice has to know. */
    Standing standing() {
        Verdict verdict = riseFall.verdict();
        return switch (wish) {
            case READY ->
                switch (verdict) {
                    case HEALTHY -> Standing.HEALTHY;
                    case UNHEALTHY -> Standing.FAILING;
                    case UNKNOWN -> Standing.OUT;
                };
            case DRAIN -> verdict == Verdict.HEALTHY ? Standing.DRAINING : Standing.OUT;
            case MAINTENANCE -> Standing.OUT;
        };
    }

    /** Whether something was known of it before now, so that what is known now is news and not a start. */
    boolean wasJudgedBefore() {
        boolean before = judged;
        judged = true;
        return before;
    }

    AdminState wish() {
        return wish;
    }

    /** Whether it is wanted and no check has ended yet, so that nothing can be said about it. */
    boolean isUndecided() {
        return wish == AdminState.READY && riseFall.verdict() == Verdict.UNKNOWN;
    }

    RiseFall riseFall() {
        return riseFall;
    }

    @Nullable
    Drain drain() {
        return drain;
    }

    void setWish(AdminState newWish, @Nullable Drain newDrain) {
        wish = newWish;
        drain = newDrain;
    }

    /** Notes when it entered the state that it is in. */
    void setSince(MonotonicInstant now) {
        since = now;
    }

    void setLastCheck(CheckReport report) {
        lastCheck = report;
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
                active(),
                sum(FlowCounters::connections),
                sum(FlowCounters::bytesIn),
                sum(FlowCounters::bytesOut),
                sum(FlowCounters::connectFailures),
                since,
                lastCheck,
                drainStatus);
    }
}
