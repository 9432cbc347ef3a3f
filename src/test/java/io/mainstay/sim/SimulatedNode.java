// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.ElectionParameters;
import io.mainstay.election.ElectionRules;
import io.mainstay.election.TransitionReason;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.NoGuard;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.node.ElectionDriver;
import io.mainstay.node.ElectionListener;
import io.mainstay.node.ElectionPorts;
import io.mainstay.node.HandOverResult;
import io.mainstay.node.RouterNotice;
import io.mainstay.node.RouterSetup;
import io.mainstay.node.RouterTransition;
import io.mainstay.node.ServiceGate;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node of the cluster: the driver of the product on a simulated host, run one turn at a time whenever it would wake. It
 * also watches what the driver does, by what can be seen from outside.
 */
final class SimulatedNode implements HostObserver, ElectionListener, ServiceGate {

    static final String ROUTER = "web";
    private static final long LONGEST_WAKE_UP_NANOS = 200_000;
    private static final int STALL_INTERVALS = 3;

    private final Timeline timeline;
    private final Random random;
    private final VirtualRouterConfig config;
    private final AnnounceConfig announce;
    private final SimulatedClock clock;
    private final SimulatedHost host;
    private final Function<ElectionParameters, ElectionRules> rules;
    private final Trace trace;

    private @Nullable ElectionDriver driver;
    private CompletableFuture<HandOverResult> handOver = new CompletableFuture<>();

    private CompletableFuture<?> lastRequest = CompletableFuture.completedFuture(true);

    private boolean paused;
    private boolean inTurn;
    private long plannedTurn;
    private long turnToken;
    private long busyUntil;

    private boolean active;
    private boolean gateOpen;
    private boolean keepsOwnAddresses;
    private long transitions;
    private long callCostNanos;
    /** True time since which the node has had no excuse for holding an address, or for lacking one. */
    private long accountableSince;

    /** How many datagrams it may still send although it is no longer Active: one advertisement, as it steps back for another. */
    private long lastWords;

    private MonotonicInstant lastSpoken = new MonotonicInstant(0);
    private long lastResignedAt;

    SimulatedNode(
            Timeline timeline,
            Random random,
            VirtualRouterConfig config,
            AnnounceConfig announce,
            SimulatedClock clock,
            SimulatedHost host,
            Function<ElectionParameters, ElectionRules> rules,
            Trace trace) {
        this.timeline = timeline;
        this.random = random;
        this.config = config;
        this.announce = announce;
        this.clock = clock;
        this.host = host;
        this.rules = rules;
        this.trace = trace;
        host.observedBy(this);
    }

    VirtualRouterConfig config() {
        return config;
    }

    SimulatedHost host() {
        return host;
    }

    /** Whether the last request to stop or to preempt again was answered. */
    boolean isAnswered() {
        return lastRequest.isDone();
    }

    boolean isRunning() {
        return driver != null;
    }

    boolean isPaused() {
        return paused;
    }

    boolean isActive() {
        return active;
    }

    boolean isServing() {
        return gateOpen && config.addresses().stream().allMatch(host::stands);
    }

    long transitions() {
        return transitions;
    }

    /** When it last sent priority 0, in true time. */
    long lastResignedAt() {
        return lastResignedAt;
    }

    /** Whether it told that it lets the Active be after a hand-over. */
    boolean isPreemptionSuspended() {
        return driver != null && driver.snapshot().routers().getFirst().preemptionSuspended();
    }

    // What befalls the node.

    void boot() {
        if (driver != null) {
            return;
        }
        keepsOwnAddresses =
                config.priority().isOwner() && config.addresses().stream().anyMatch(host::stands);
        driver = new ElectionDriver(
                List.of(new RouterSetup(config, announce)),
                new ElectionPorts(host, host, host, host, clock, clock::timeOfDay, new NoGuard()),
                this,
                this,
                made -> new VirtualRouter(made, rules));
        excuse();
        say(() -> "boots");
        planTurn();
    }

    /** The process is killed: its addresses stay behind. */
    void crash() {
        say(() -> "crashes");
        forget();
    }

    private void forget() {
        driver = null;
        active = false;
        gateOpen = false;
        turnToken++;
        plannedTurn = Long.MAX_VALUE;
        host.processEnded();
    }

    void pause() {
        say(() -> "is stopped");
        paused = true;
    }

    void resume() {
        if (paused) {
            say(() -> "goes on");
            paused = false;
            excuse();
            planTurn();
        }
    }

    /** The addresses are disturbed from outside: for a while the node cannot be blamed. */
    void excuse() {
        accountableSince = Math.max(accountableSince, timeline.nowNanos());
    }

    void excuseFor(long nanos) {
        accountableSince = Math.max(accountableSince, timeline.nowNanos() + nanos);
    }

    void setCallCost(long nanos) {
        callCostNanos = nanos;
        host.setCallCost(nanos);
    }

    void handOver() {
        say(() -> "is asked to hand over");
        handOver = running().handOver(ROUTER, Optional.empty());
    }

    /** How the last hand-over asked for went; null while that is open. */
    @Nullable
    HandOverResult handOverResult() {
        return handOver.getNow(null);
    }

    void resumePreemption() {
        if (driver != null) {
            lastRequest = driver.resumePreemption(ROUTER);
        }
    }

    void stop(Duration handOverWithin) {
        say(() -> "is asked to stop");
        lastRequest = running().stop(Optional.of(handOverWithin));
    }

    private ElectionDriver running() {
        if (driver == null) {
            throw new IllegalStateException("node: stopped (expected: running)");
        }
        return driver;
    }

    // How it runs.

    @Override
    public void eventArrived() {
        if (!inTurn) {
            planTurn();
        }
    }

    private void planTurn() {
        if (driver == null || paused) {
            return;
        }
        long wakeUp = 10_000 + random.nextLong(LONGEST_WAKE_UP_NANOS);
        long now = timeline.nowNanos();
        long at = now + wakeUp;
        if (plannedTurn <= at && plannedTurn >= now) {
            return;
        }
        at = Math.max(at, busyUntil);
        plannedTurn = at;
        long token = ++turnToken;
        timeline.at(at, () -> turn(token));
    }

    private void planDeadline() {
        ElectionDriver running = running();
        if (host.hasWaitingEvents()) {
            planTurn();
            return;
        }
        running.nextDeadline().ifPresent(deadline -> {
            long due = Math.max(clock.trueNanosOf(deadline), Math.max(busyUntil, timeline.nowNanos()));
            plannedTurn = due + 10_000 + random.nextLong(LONGEST_WAKE_UP_NANOS);
            long token = ++turnToken;
            timeline.at(plannedTurn, () -> turn(token));
        });
    }

    private void turn(long token) {
        if (token != turnToken || driver == null || paused) {
            return;
        }
        plannedTurn = Long.MAX_VALUE;
        inTurn = true;
        running().runOnce();
        inTurn = false;
        long spent = clock.takeBusyNanos();
        busyUntil = timeline.nowNanos() + spent;
        if (spent > 1_000_000) {
            excuseFor(spent);
        }
        if (running().isEnded()) {
            say(() -> "has stopped");
            if (config.addresses().stream().anyMatch(host::stands) && !keepsOwnAddresses) {
                throw violation(Invariant.HOLDS_ONLY_WHILE_ACTIVE, "it ended with an address left behind");
            }
            forget();
            return;
        }
        planDeadline();
    }

    // What it is seen to do.

    @Override
    public void onTransition(RouterTransition transition) {
        boolean isActive = transition.to().equals("ACTIVE");
        if (isActive != active) {
            excuse();
            lastSpoken = clock.now();
        }
        active = isActive;
        if (!transition.from().equals(transition.to())) {
            transitions++;
        }
        TransitionReason reason = transition.cause().reason();
        boolean stepsBack = reason == TransitionReason.HIGHER_PRIORITY || reason == TransitionReason.HIGHER_ADDRESS;
        lastWords = stepsBack ? datagramsOfAnAdvertisement() : 0;
        say(() -> transition.from() + " -> " + transition.to() + " because " + reason.label());
    }

    @Override
    public void onNotice(RouterNotice notice) {
        say(() -> "notices " + notice.label());
    }

    @Override
    public void open(Set<IpAddress> addresses) {
        gateOpen = true;
        if (!isServing()) {
            throw violation(Invariant.SERVICES_FOLLOW_ADDRESSES, "it opens services without all addresses");
        }
    }

    @Override
    public CompletableFuture<?> close(Set<IpAddress> addresses) {
        gateOpen = false;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void advertised(IpAddress source, IpAddress destination, byte[] message) {
        boolean resigns = message[2] == 0;
        if (resigns) {
            lastResignedAt = timeline.nowNanos() + clock.busyNanos();
        } else if (lastWords > 0) {
            lastWords--;
        } else {
            requireToBeActive("advertises");
        }
        say(() -> resigns ? "resigns" : "advertises");
        lastSpoken = clock.now();
    }

    @Override
    public void announced(IpAddress address) {
        say(() -> "announces " + address);
        requireToBeActive("announces " + address);
    }

    private long datagramsOfAnAdvertisement() {
        return config.families().stream()
                .mapToInt(family ->
                        Math.max(1, config.protocol().unicastPeers(family).size()))
                .sum();
    }

    private void requireToBeActive(String deed) {
        if (!active) {
            throw violation(Invariant.SPEAKS_ONLY_WHILE_ACTIVE, "it " + deed);
        }
        long silence = clock.now().nanosSince(lastSpoken);
        long allowed = STALL_INTERVALS * config.advertisementInterval().toNanos();
        if (silence >= allowed + 4_000_000 + 3 * callCostNanos) {
            throw violation(Invariant.SILENT_AFTER_STALL, "it " + deed + " after " + silence / 1000 + "us of silence");
        }
    }

    @Override
    public void addressAdded(VirtualAddress address) {
        say(() -> "adds " + address);
    }

    @Override
    public void addressRemoved(VirtualAddress address) {
        say(() -> "removes " + address);
        if (gateOpen && host.stands(address)) {
            throw violation(Invariant.SERVICES_FOLLOW_ADDRESSES, "it removes " + address + " with services open");
        }
    }

    /** Looks at what can be seen after any event. */
    void check() {
        if (driver == null || paused) {
            return;
        }
        long grace = 60_000_000 + 40 * callCostNanos;
        boolean accountable = timeline.nowNanos() - accountableSince > grace;
        if (!accountable) {
            return;
        }
        for (VirtualAddress address : config.addresses()) {
            boolean stands = host.stands(address);
            if (stands && !active && !keepsOwnAddresses) {
                throw violation(Invariant.HOLDS_ONLY_WHILE_ACTIVE, "it holds " + address + " and is not Active");
            }
            if (!stands && active) {
                throw violation(Invariant.ACTIVE_HOLDS_ADDRESSES, "it is Active without " + address);
            }
        }
    }

    InvariantViolation violation(Invariant invariant, String detail) {
        return new InvariantViolation(invariant, name() + ": " + detail);
    }

    String name() {
        return "node " + host.primaryAddress() + " (priority " + config.priority() + ")";
    }

    private void say(Supplier<String> what) {
        trace.say(timeline.nowNanos(), () -> name() + " " + what.get());
    }
}
