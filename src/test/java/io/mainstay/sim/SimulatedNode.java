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
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.node.ElectionDriver;
import io.mainstay.node.ElectionPorts;
import io.mainstay.node.ElectionSnapshot;
import io.mainstay.node.HandOverResult;
import io.mainstay.node.RouterSetup;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One node of the cluster: the driver of the product on a simulated host, and what befalls the two. */
final class SimulatedNode {

    private static final String GROUP = "gateway";

    private final Timeline timeline;

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
    private final NodeSchedule schedule;
    private final NodeWatch watch;

    private @Nullable ElectionDriver driver;
    private @Nullable SimulatedGuard guard;

    /** What is tracked comes to; null while nothing is amiss. */
    private @Nullable Tracked tracked;

    private long amissSince;
    private long pausedSince;
    private boolean paused;
    private boolean deaf;
    private CompletableFuture<HandOverResult> handOver = new CompletableFuture<>();

    private CompletableFuture<?> lastRequest = CompletableFuture.completedFuture(true);

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
        config = configs.getFirst();
        routers = configs.stream().map(SimulatedRouter::new).toList();
        this.announce = announce;
        this.authentication = authentication;
        this.clock = clock;
        this.host = host;
        this.rules = rules;
        this.trace = trace;
        this.guards = guards;
        schedule = new NodeSchedule(this, timeline, random, clock);
        watch = new NodeWatch(this, timeline, clock, routers, trace);
        host.observedBy(watch);
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
        return watch.transitions();
    }

    /** When it last sent priority 0, in true time. */
    long lastResignedAt() {
        return watch.lastResignedAt();
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
        watch.onBoot();
        guard = guards == null ? null : guards.get();
        driver = new ElectionDriver(
                routers.stream().map(this::setup).toList(),
                new ElectionPorts(
                        host, host, host, host, clock, clock::timeOfDay, guard == null ? new NoGuard() : guard),
                watch,
                watch,
                made -> new VirtualRouter(made, rules));
        say(() -> "boots");
        schedule.plan();
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
        schedule.cancel();
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
            schedule.plan();
        }
    }

    /** The addresses are disturbed from outside: for a while the node cannot be blamed. */
    void excuse() {
        watch.excuse();
    }

    void excuseFor(long nanos) {
        watch.excuseFor(nanos);
    }

    void setCallCost(long nanos) {
        watch.setCallCost(nanos);
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

    /** Whether it can have a turn. */
    boolean canRun() {
        return driver != null && !paused;
    }

    void wake() {
        schedule.wake();
    }

    void takeTurn() {
        running().runOnce();
    }

    Optional<MonotonicInstant> nextDeadline() {
        return running().nextDeadline();
    }

    /** Whether it has ended in order, as it was asked to. */
    boolean hasEnded() {
        if (!running().isEnded()) {
            return false;
        }
        say(() -> "has stopped");
        watch.onStopped();
        forget();
        return true;
    }

    // What can be seen of it.

    /** When its guard last advertised for a router; empty without a guard. */
    Optional<MonotonicInstant> lastSpokenForByGuard(SimulatedRouter router) {
        return Optional.ofNullable(guard)
                .map(there -> there.stoodIn(routers.indexOf(router)).last());
    }

    /** Whether a guard can act for it now. */
    boolean isGuarded() {
        return guards != null && !deaf;
    }

    /** Whether something that it needs has failed. */
    boolean isAmiss() {
        return tracked != null && tracked.fault().isPresent();
    }

    long amissSince() {
        return amissSince;
    }

    long pausedSince() {
        return pausedSince;
    }

    /** Looks at what can be seen after any event. */
    void check() {
        watch.check();
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
