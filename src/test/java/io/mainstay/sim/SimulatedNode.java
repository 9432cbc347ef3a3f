// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ElectionParameters;
import io.mainstay.election.ElectionRules;
import io.mainstay.election.FaultCause;
import io.mainstay.election.Tracked;
import io.mainstay.election.TransitionReason;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.NoGuard;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.node.ElectionDriver;
import io.mainstay.node.ElectionListener;
import io.mainstay.node.ElectionPorts;
import io.mainstay.node.ElectionSnapshot;
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

    private static final String GROUP = "gateway";
    private static final long LONGEST_WAKE_UP_NANOS = 200_000;
    private static final int STALL_INTERVALS = 3;

    private final Timeline timeline;
    private final Random random;

    /** Of the first of its virtual routers; the others have the same but for number and addresses. */
    private final VirtualRouterConfig config;

    private final List<SimulatedRouter> routers;
    private final AnnounceConfig announce;
    private final AuthenticationConfig authentication;
    private final SimulatedClock clock;
    private final SimulatedHost host;
    private final Function<ElectionParameters, ElectionRules> rules;
    private final Trace trace;
    private final @Nullable Supplier<SimulatedGuard> guards;

    private @Nullable ElectionDriver driver;
    private @Nullable SimulatedGuard guard;

    /** What is tracked comes to; null while nothing is amiss. */
    private @Nullable Tracked tracked;

    private long amissSince;
    private long pausedSince;
    private boolean deaf;
    private CompletableFuture<HandOverResult> handOver = new CompletableFuture<>();

    private CompletableFuture<?> lastRequest = CompletableFuture.completedFuture(true);

    private boolean paused;
    private boolean inTurn;
    private long plannedTurn;
    private long turnToken;
    private long busyUntil;

    private boolean keepsOwnAddresses;
    private long transitions;
    private long callCostNanos;
    /** True time since which the node has had no excuse for holding an address, or for lacking one. */
    private long accountableSince;

    private long lastResignedAt;

    SimulatedNode(
            Timeline timeline,
            Random random,
            List<VirtualRouterConfig> configs,
            AnnounceConfig announce,
            AuthenticationConfig authentication,
            SimulatedClock clock,
            SimulatedHost host,
            Function<ElectionParameters, ElectionRules> rules,
            Trace trace,
            @Nullable Supplier<SimulatedGuard> guards) {
        this.timeline = timeline;
        this.random = random;
        config = configs.getFirst();
        routers = configs.stream().map(SimulatedRouter::new).toList();
        this.announce = announce;
        this.authentication = authentication;
        this.clock = clock;
        this.host = host;
        this.rules = rules;
        this.trace = trace;
        this.guards = guards;
        host.observedBy(this);
    }

    VirtualRouterConfig config() {
        return config;
    }

    /** Of all its virtual routers. */
    List<Integer> vrids() {
        return routers.stream().map(router -> router.config().vrid().value()).toList();
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

    /** For one of its virtual routers at least: those of a group move together, but for a moment. */
    boolean isActive() {
        return routers.stream().anyMatch(router -> router.active);
    }

    boolean isServing() {
        return routers.stream().allMatch(router -> router.serves(host));
    }

    /** Of all its virtual routers. */
    List<VirtualAddress> addresses() {
        return routers.stream()
                .flatMap(router -> router.config().addresses().stream())
                .toList();
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
        return driver != null
                && driver.snapshot().routers().stream().anyMatch(ElectionSnapshot.Router::preemptionSuspended);
    }

    // What befalls the node.

    void boot() {
        if (driver != null) {
            return;
        }
        keepsOwnAddresses = config.priority().isOwner() && addresses().stream().anyMatch(host::stands);
        guard = guards == null ? null : guards.get();
        driver = new ElectionDriver(
                routers.stream().map(this::setup).toList(),
                new ElectionPorts(
                        host, host, host, host, clock, clock::timeOfDay, guard == null ? new NoGuard() : guard),
                this,
                this,
                made -> new VirtualRouter(made, rules));
        excuse();
        say(() -> "boots");
        planTurn();
    }

    private RouterSetup setup(SimulatedRouter router) {
        return new RouterSetup(
                router.config(),
                announce,
                authentication,
                routers.size() > 1 ? Optional.of(GROUP) : Optional.empty(),
                Duration.ZERO,
                Optional.ofNullable(tracked));
    }

    /** The process is killed: its addresses stay behind. */
    void crash() {
        say(() -> "crashes");
        if (driver != null && guard != null) {
            guard.processEnded();
        }
        forget();
    }

    private void forget() {
        driver = null;
        routers.forEach(SimulatedRouter::forget);
        turnToken++;
        plannedTurn = Long.MAX_VALUE;
        host.processEnded();
    }

    /** @param whole whether the machine stands still, with the guard, and hears nothing; else the process alone */
    void pause(boolean whole) {
        say(() -> whole ? "stands still" : "is stopped");
        paused = true;
        pausedSince = timeline.nowNanos();
        setDeaf(whole);
    }

    private void setDeaf(boolean isDeaf) {
        deaf = isDeaf;
        host.setDeaf(isDeaf);
        if (guard != null) {
            guard.setFrozen(isDeaf);
        }
    }

    /** Something that it needs fails. */
    void failTracker() {
        say(() -> "loses what it needs");
        track(new Tracked(
                priority(),
                Optional.of(new FaultCause(TransitionReason.TRACKER_FAILED, "simulated")),
                Optional.empty()));
    }

    /** Its priority becomes another; an owner's stays. */
    void weigh(int newPriority) {
        if (!config.priority().isOwner()) {
            say(() -> "gets priority " + newPriority);
            track(new Tracked(new Priority(newPriority), Optional.empty(), Optional.empty()));
        }
    }

    /** Nothing is amiss any more. */
    void recoverTrackers() {
        if (tracked != null) {
            track(new Tracked(config.priority(), Optional.empty(), Optional.empty()));
            tracked = null;
        }
    }

    private void track(Tracked changed) {
        tracked = changed;
        amissSince = timeline.nowNanos();
        if (driver != null) {
            for (SimulatedRouter router : routers) {
                driver.track(router.config().name(), changed);
            }
        }
    }

    /** The priority by which it takes part. */
    Priority priority() {
        return tracked == null ? config.priority() : tracked.effectivePriority();
    }

    /** Whether it takes part with another priority than the configured one. */
    boolean isWeighed() {
        return !priority().equals(config.priority());
    }

    /** The numbers by which it takes part. */
    ElectionParameters parameters() {
        return ElectionParameters.of(config).withPriority(priority());
    }

    void resume() {
        if (paused) {
            say(() -> "goes on");
            paused = false;
            setDeaf(false);
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
        List<String> names =
                routers.stream().map(router -> router.config().name()).toList();
        handOver = running().handOver(names, Optional.empty()).getFirst();
    }

    /** How the last hand-over asked for went; null while that is open. */
    @Nullable
    HandOverResult handOverResult() {
        return handOver.getNow(null);
    }

    void resumePreemption() {
        if (driver != null) {
            lastRequest = driver.resumePreemption(config.name());
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
            if (addresses().stream().anyMatch(host::stands) && !keepsOwnAddresses) {
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
        SimulatedRouter router = routers.stream()
                .filter(each -> each.config().name().equals(transition.router()))
                .findFirst()
                .orElseThrow();
        boolean isActive = transition.to().equals("ACTIVE");
        if (isActive != router.active) {
            excuse();
            router.lastSpoken = clock.now();
        }
        router.active = isActive;
        if (!transition.from().equals(transition.to())) {
            transitions++;
        }
        TransitionReason reason = transition.cause().reason();
        boolean stepsBack = reason == TransitionReason.HIGHER_PRIORITY || reason == TransitionReason.HIGHER_ADDRESS;
        router.lastWords = stepsBack ? router.datagramsOfAnAdvertisement() : 0;
        say(() -> transition.router() + " " + transition.from() + " -> " + transition.to() + " because "
                + reason.label());
    }

    @Override
    public void onNotice(RouterNotice notice) {
        say(() -> "notices " + notice.label());
    }

    @Override
    public void open(Set<IpAddress> addresses) {
        for (SimulatedRouter router : routers) {
            router.gateOpen |= router.hasOneOf(addresses);
            if (router.gateOpen && !router.serves(host)) {
                throw violation(Invariant.SERVICES_FOLLOW_ADDRESSES, "it opens services without all addresses");
            }
        }
    }

    @Override
    public CompletableFuture<?> close(Set<IpAddress> addresses) {
        for (SimulatedRouter router : routers) {
            router.gateOpen &= !router.hasOneOf(addresses);
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void advertised(IpAddress source, IpAddress destination, byte[] message) {
        SimulatedRouter router = routers.stream()
                .filter(each -> each.config().vrid().value() == message[1])
                .findFirst()
                .orElseThrow();
        boolean resigns = message[2] == 0;
        if (resigns) {
            lastResignedAt = timeline.nowNanos() + clock.busyNanos();
        } else if (router.lastWords > 0) {
            router.lastWords--;
        } else {
            requireToBeActive(router, "advertises");
        }
        say(() -> router.config().name() + (resigns ? " resigns" : " advertises"));
        router.lastSpoken = clock.now();
    }

    @Override
    public void announced(IpAddress address) {
        say(() -> "announces " + address);
        routers.stream()
                .filter(router -> router.has(address))
                .forEach(router -> requireToBeActive(router, "announces " + address));
    }

    private void requireToBeActive(SimulatedRouter router, String deed) {
        if (!router.active) {
            throw violation(Invariant.SPEAKS_ONLY_WHILE_ACTIVE, "it " + deed);
        }
        MonotonicInstant byGuard = guard == null
                ? router.lastSpoken
                : guard.stoodIn(routers.indexOf(router)).last();
        MonotonicInstant last = byGuard.isBefore(router.lastSpoken) ? router.lastSpoken : byGuard;
        long silence = clock.now().nanosSince(last);
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
        boolean open = routers.stream().anyMatch(router -> router.gateOpen && router.has(address.address()));
        if (open && host.stands(address)) {
            throw violation(Invariant.SERVICES_FOLLOW_ADDRESSES, "it removes " + address + " with services open");
        }
    }

    /** Looks at what can be seen after any event. */
    void check() {
        if (driver != null && paused && guards != null && !deaf) {
            requireGivenUp();
        }
        if (driver == null || paused) {
            return;
        }
        long grace = 60_000_000 + 40 * callCostNanos;
        boolean failed = tracked != null && tracked.fault().isPresent();
        if (failed && isActive() && timeline.nowNanos() - Math.max(amissSince, accountableSince) > grace) {
            throw violation(Invariant.FAULT_GIVES_UP, "it is Active without what it needs");
        }
        if (timeline.nowNanos() - accountableSince <= grace) {
            return;
        }
        routers.forEach(this::checkAddresses);
        if (routers.stream().map(router -> router.active).distinct().count() > 1) {
            throw violation(Invariant.GROUP_MOVES_TOGETHER, "it is Active for some members of the group only");
        }
    }

    private void checkAddresses(SimulatedRouter router) {
        for (VirtualAddress address : router.config().addresses()) {
            boolean stands = host.stands(address);
            if (stands && !router.active && !keepsOwnAddresses) {
                throw violation(Invariant.HOLDS_ONLY_WHILE_ACTIVE, "it holds " + address + " and is not Active");
            }
            if (!stands && router.active) {
                throw violation(Invariant.ACTIVE_HOLDS_ADDRESSES, "it is Active without " + address);
            }
        }
    }

    /** Its last renewal was before it was stopped. */
    private void requireGivenUp() {
        long lease = Math.clamp(2 * config.advertisementInterval().toNanos(), 100_000_000, 500_000_000);
        long allowed = lease + 2 * SimulatedGuard.LONGEST_REACTION_NANOS + lease / 1000 + 3 * callCostNanos;
        boolean holds = !keepsOwnAddresses
                && !config.priority().isOwner()
                && addresses().stream().anyMatch(host::stands);
        if (isActive() && holds && timeline.nowNanos() - Math.max(pausedSince, accountableSince) > allowed) {
            throw violation(Invariant.GUARD_GIVES_UP, "it is stopped and still has its addresses");
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
