// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.Tracked;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.Fence;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Runs the virtual routers of this node: one loop that waits for the kernel, hands what arrived to the elections, looks at
 * their deadlines, and carries out what they ask for.
 *
 * <p>In each turn everything that was received is judged before any deadline, since it may have waited while this process
 * did not run. Deadlines and steps of takeovers have a bounded time in each turn, so that hundreds of virtual routers that move at
 * once, or one with many addresses, make nothing else late.
 *
 * <p>Threads: {@link #run} or {@link #runOnce} belong to one thread. {@link #handOver}, {@link #resumePreemption},
 * {@link #track}, {@link #authenticate}, {@link #stop}, {@link #hurry} and {@link #snapshot} may be called from any. Their futures are completed by the election
 * thread: follow-up work belongs on another one ({@code thenApplyAsync}).
 *
 * <p>No {@link KernelException} ends the loop. An internal error does: {@link #run} then gives up the addresses of all
 * virtual routers and throws it on.
 */
public final class ElectionDriver {

    /** A flood of datagrams must not keep the deadlines from being looked at. */
    private static final int LEAST_EVENTS_PER_TURN = 256;

    /**
     * What the peers of a router can have said while this process did not run, up to the time after which a Backup listens
     * anew before it takes over: all of that has to be judged before any deadline.
     */
    private static final int MESSAGES_OF_A_PEER = 5;

    /** Nor must a takeover: after this long its next step waits for the next turn. */
    private static final Duration LONGEST_TAKEOVER_SLICE = Duration.ofMillis(2);

    /** Nor must hundreds of routers that are due at once: what arrives meanwhile is looked at after each so long. */
    private static final Duration LONGEST_JUDGING_SLICE = Duration.ofMillis(5);

    private static final Duration PAUSE_AFTER_FAILED_WAIT = Duration.ofMillis(10);

    private final ElectionPorts ports;
    private final ElectionReports reports;
    private final ElectionLease lease;
    private final GuardBriefing briefing;
    private final LoopWatch loopWatch;
    private final Map<InterfaceName, RunningInterface> interfaces = new LinkedHashMap<>();

    /** Those that virtual routers make for themselves, each with the one on which it is made. */
    private final Map<InterfaceName, RunningInterface> virtualInterfaces = new HashMap<>();

    private final Map<String, RunningRouter> routers = new LinkedHashMap<>();
    private final Deque<RunningRouter> judgingOrder = new ArrayDeque<>();
    private final Deque<RunningRouter> takeoverOrder = new ArrayDeque<>();
    private final ElectionCommands commands;
    private final Departure departure;
    private final SnapshotPublisher publisher;
    private final int mostEventsPerTurn;
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    private Optional<MonotonicInstant> plannedWake = Optional.empty();
    private boolean waitFailed;
    private int eventsThisTurn;
    private long kernelFailures;
    private long stoodIn;

    /**
     * A driver that has done nothing yet; interfaces are opened by its first turn.
     *
     * @param setups the virtual routers; at least one IPv4 address each, names unique, numbers unique on an interface
     * @throws IllegalArgumentException if they are not
     */
    public ElectionDriver(List<RouterSetup> setups, ElectionPorts ports, ServiceGate gate, ElectionListener listener) {
        this(setups, ports, gate, listener, VirtualRouter::new);
    }

    /** With elections made by the given function instead of by the rules of {@link VirtualRouter}. */
    public ElectionDriver(
            List<RouterSetup> setups,
            ElectionPorts ports,
            ServiceGate gate,
            ElectionListener listener,
            Function<VirtualRouterConfig, VirtualRouter> elections) {
        this.ports = ports;
        reports = new ElectionReports(listener);
        Duration shortestInterval = shortestInterval(setups);
        commands = new ElectionCommands(ports.events());
        departure = new Departure(routers.values(), ports.clock());
        lease = new ElectionLease(ports.guard(), ports.clock(), shortestInterval);
        briefing = new GuardBriefing(routers.values(), lease, ports.clock(), reports, shortestInterval);
        loopWatch = new LoopWatch(
                ElectionLease.length(shortestInterval), ports.clock().now());
        Map<String, List<RunningRouter>> groups = new LinkedHashMap<>();
        for (RouterSetup setup : setups) {
            RunningRouter router = add(setup, gate, elections);
            setup.syncGroup()
                    .ifPresent(group -> groups.computeIfAbsent(group, fresh -> new ArrayList<>())
                            .add(router));
        }
        mostEventsPerTurn = Math.max(LEAST_EVENTS_PER_TURN, MESSAGES_OF_A_PEER * messagesPerInterval());
        groups.values().forEach(RunningRouter::couple);
        setups.forEach(this::prepare);
        publisher = new SnapshotPublisher(reports, this::takeSnapshot);
    }

    private void prepare(RouterSetup setup) {
        RunningRouter router = routers.get(setup.config().name());
        if (router != null) {
            router.prepare(setup.startupDelay(), setup.tracked());
        }
    }

    private RunningRouter add(
            RouterSetup setup, ServiceGate gate, Function<VirtualRouterConfig, VirtualRouter> elections) {
        VirtualRouterConfig config = setup.config();
        RunningInterface link =
                interfaces.computeIfAbsent(config.interfaceName(), name -> new RunningInterface(name, ports, reports));
        RunningRouter router =
                new RunningRouter(routers.size(), elections.apply(config), setup, link, ports, gate, lease, reports);
        link.add(router);
        router.home().ownInterfaces().forEach(name -> virtualInterfaces.put(name, link));
        judgingOrder.add(router);
        takeoverOrder.add(router);
        if (routers.put(config.name(), router) != null) {
            throw new IllegalArgumentException("virtual router: " + config.name() + " twice (expected: once)");
        }
        return router;
    }

    private int messagesPerInterval() {
        return routers.values().stream()
                .mapToInt(router -> router.config().families().size())
                .sum();
    }

    private static Duration shortestInterval(List<RouterSetup> setups) {
        return setups.stream()
                .map(setup -> setup.config().advertisementInterval())
                .min(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /**
     * Runs until {@link #stop} has done its work.
     *
     * @throws RuntimeException or an Error, the internal error that ended the loop; the addresses were given up before
     */
    public void run() {
        try {
            while (!isEnded()) {
                runOnce();
                if (waitFailed) {
                    LockSupport.parkNanos(PAUSE_AFTER_FAILED_WAIT.toNanos());
                }
            }
        } catch (RuntimeException | Error e) {
            abandon();
            end();
            throw e;
        }
    }

    /** One turn: waits for events or the next deadline, then does all that is due. */
    public void runOnce() {
        Optional<MonotonicInstant> deadline = nextDeadline();
        plannedWake = deadline;
        receive(deadline);
        noticeWake();
        MonotonicInstant begun = ports.clock().now();
        judgeFence();
        runCommands();
        interfaces.values().forEach(RunningInterface::judgeTime);
        routers.values().forEach(this::judgeNews);
        judgeDeadlines();
        briefing.tell();
        takeoverSlice();
        briefing.tell();
        if (departure.proceed()) {
            end();
        }
        MonotonicInstant now = ports.clock().now();
        noticeGap(now.since(begun), now);
        publisher.publish(now);
    }

    private void judgeNews(RunningRouter router) {
        router.judgeAuthentication();
        if (router.judgeTracked()) {
            publisher.news();
        }
    }

    /** Waits once, and then looks again without waiting until nothing more is there. */
    private void receive(Optional<MonotonicInstant> deadline) {
        waitFailed = false;
        eventsThisTurn = 0;
        try {
            int before;
            Optional<MonotonicInstant> until = deadline;
            do {
                before = eventsThisTurn;
                ports.events().await(until, this::onEvent);
                // Hundreds of peers that spoke at once are no reason to be taken for dead.
                lease.keep();
                until = Optional.of(ports.clock().now());
            } while (eventsThisTurn > before && eventsThisTurn < mostEventsPerTurn);
        } catch (KernelException e) {
            kernelFailures++;
            waitFailed = true;
        }
    }

    private void onEvent(KernelEvent event) {
        if (eventsThisTurn == 0) {
            noticeWake();
            // What was received while this process did not run must not be judged as if it had.
            judgeFence();
        }
        eventsThisTurn++;
        RunningInterface own = interfaces.get(event.interfaceName());
        RunningInterface link = own != null ? own : virtualInterfaces.get(event.interfaceName());
        if (link != null) {
            link.onEvent(event);
        }
    }

    /** Steps down from everything if the guard has acted for this node. */
    private void judgeFence() {
        Optional<Fence> fence = lease.fenced();
        if (fence.isPresent()) {
            String cause = fence.get().sentence();
            reports.fact(fenced(fence.get(), ports.clock().now()));
            routers.values().forEach(router -> router.onFenced(cause));
            lease.acknowledge();
        }
    }

    private static EventDraft fenced(Fence fence, MonotonicInstant now) {
        return EventDraft.warning(
                        EventKind.FENCED, "node", "the guard gave the addresses up for this node: " + fence.sentence())
                .with("cause", fence.reason().name().toLowerCase(Locale.ROOT))
                .with("late", JournalText.milliseconds(fence.lateBy()))
                .with("fenced", JournalText.milliseconds(now.since(fence.at())));
    }

    /** Looks at the deadlines, round robin: whoever waits when the time is used up comes first in the next turn. */
    private void judgeDeadlines() {
        MonotonicInstant end = ports.clock().now().plus(LONGEST_JUDGING_SLICE);
        for (int i = 0; i < judgingOrder.size(); i++) {
            RunningRouter router = judgingOrder.removeFirst();
            judgingOrder.addLast(router);
            if (router.judgeTime() && ports.clock().now().hasReached(end)) {
                return;
            }
        }
    }

    /**
     * Carries out steps of takeovers, round robin. Whatever waits is put off when the time is used up, so that nothing is
     * announced long after the deadlines were judged.
     */
    private void takeoverSlice() {
        MonotonicInstant end = ports.clock().now().plus(LONGEST_TAKEOVER_SLICE);
        boolean more = true;
        while (more) {
            more = false;
            for (int i = 0; i < takeoverOrder.size(); i++) {
                RunningRouter router = takeoverOrder.removeFirst();
                takeoverOrder.addLast(router);
                if (router.takeNextStep()) {
                    more = true;
                    publisher.news();
                    if (ports.clock().now().hasReached(end)) {
                        return;
                    }
                }
            }
        }
    }

    private void runCommands() {
        if (commands.runAll()) {
            publisher.news();
        }
    }

    /** Once in a turn, before anything is made of what happened meanwhile. */
    private void noticeWake() {
        MonotonicInstant now = ports.clock().now();
        plannedWake.ifPresent(planned -> noticeGap(now.since(planned), now));
        plannedWake = Optional.empty();
    }

    private void noticeGap(Duration gap, MonotonicInstant now) {
        long total = 0;
        for (RunningRouter router : routers.values()) {
            router.heedGuard(now);
            total += router.stoodIn();
        }
        loopWatch.onGap(gap, total - stoodIn, now).ifPresent(reports::fact);
        stoodIn = total;
    }

    /** When the loop wants to run again even if nothing happens. */
    public Optional<MonotonicInstant> nextDeadline() {
        Optional<MonotonicInstant> next = MonotonicInstant.earliest(departure.nextDeadline(), briefing.nextDeadline());
        for (RunningInterface link : interfaces.values()) {
            next = MonotonicInstant.earliest(next, Optional.of(link.nextDeadline()));
        }
        for (RunningRouter router : routers.values()) {
            next = MonotonicInstant.earliest(next, router.nextDeadline());
        }
        return next;
    }

    /**
     * Asks a peer to take over a virtual router, which this node serves until one has.
     *
     * @param within how long to wait for a peer; empty: one active-down interval
     */
    public CompletableFuture<HandOverResult> handOver(String router, Optional<Duration> within) {
        return handOver(List.of(router), within).getFirst();
    }

    /**
     * Asks for several at the same moment, so that members of one sync group, of which each takes the others along, do not
     * find that they have gone already.
     *
     * @return the outcomes, in the order of the names
     */
    public List<CompletableFuture<HandOverResult>> handOver(List<String> names, Optional<Duration> within) {
        Map<String, CompletableFuture<HandOverResult>> results = new LinkedHashMap<>();
        names.forEach(name -> results.put(name, new CompletableFuture<>()));
        boolean accepted = commands.submit(() -> results.forEach((name, result) -> handOver(name, within, result)));
        if (!accepted) {
            HandOverResult refusal = new HandOverResult(
                    HandOverResult.Outcome.NOT_ACCEPTED, Duration.ZERO, "the election takes no requests now");
            results.values().forEach(result -> result.complete(refusal));
        }
        return List.copyOf(results.values());
    }

    private void handOver(String name, Optional<Duration> within, CompletableFuture<HandOverResult> result) {
        MonotonicInstant now = ports.clock().now();
        var request = new HandOverRequests.Request(within, now, result);
        RunningRouter found = routers.get(name);
        if (found == null) {
            request.complete(HandOverResult.Outcome.UNKNOWN_ROUTER, "there is no virtual router " + name, now);
        } else {
            found.handOver(request);
        }
    }

    /**
     * Says what everything that is tracked for a virtual router comes to now. Never refused: what was said before and not yet
     * taken up is replaced.
     */
    public void track(String router, Tracked tracked) {
        named(router).track(tracked);
        commands.wake();
    }

    /** Says how a virtual router proves what it says from now on, and what it believes. */
    public void authenticate(String router, AuthenticationConfig authentication) {
        named(router).authenticate(authentication);
        commands.wake();
    }

    private RunningRouter named(String router) {
        RunningRouter found = routers.get(router);
        if (found == null) {
            throw new IllegalArgumentException(
                    "virtual router: " + router + " (expected: one of " + routers.keySet() + ")");
        }
        return found;
    }

    /**
     * Lets a virtual router that handed over on request preempt again.
     *
     * @return whether there is such a virtual router and the request was taken
     */
    public CompletableFuture<Boolean> resumePreemption(String router) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        boolean accepted = commands.submit(() -> {
            RunningRouter found = routers.get(router);
            if (found != null) {
                found.resumePreemption();
            }
            done.complete(found != null);
        });
        if (!accepted) {
            done.complete(false);
        }
        return done;
    }

    /**
     * Hands over what this node serves, gives the rest up with a farewell, and ends {@link #run}.
     *
     * @param handOverWithin how long to wait for peers; empty: one active-down interval; zero: no hand-over
     * @return completed when the addresses are gone, and the connections that live on here, and the loop ends
     */
    public CompletableFuture<Void> stop(Optional<Duration> handOverWithin) {
        boolean accepted = commands.submit(() -> departure.begin(handOverWithin));
        if (!accepted && !isEnded()) {
            return CompletableFuture.failedFuture(new IllegalStateException(
                    "commands waiting: " + ElectionCommands.MOST_WAITING + " (expected: fewer)"));
        }
        return stopped.copy();
    }

    /** Once it was asked to {@link #stop}: no longer waits for connections that live on here, but resets them. */
    public void hurry() {
        var unused = commands.submit(departure::hurry);
    }

    /** Whether the loop has ended. */
    public boolean isEnded() {
        return commands.isEnded();
    }

    private void end() {
        commands.end();
        publisher.news();
        publisher.publish(ports.clock().now());
        routers.values().forEach(RunningRouter::forgetDrain);
        interfaces.values().forEach(RunningInterface::end);
        ports.events().close();
        runCommands();
        stopped.complete(null);
    }

    /** After an internal error nothing is sure but that this node must not hold the addresses. */
    private void abandon() {
        for (RunningRouter router : routers.values()) {
            try {
                router.shutDown();
                router.takeAllSteps();
            } catch (RuntimeException | Error e) {
                // The first error is the one to tell; the other routers still have to give up theirs.
                kernelFailures++;
            }
        }
    }

    /** How the election was a moment ago. */
    public ElectionSnapshot snapshot() {
        return publisher.latest();
    }

    private ElectionSnapshot takeSnapshot() {
        long failures = kernelFailures;
        for (RunningInterface link : interfaces.values()) {
            failures += link.failures();
        }
        return new ElectionSnapshot(
                ports.clock().now(),
                loopWatch.longest(),
                reports.failures(),
                failures,
                new ArrayList<>(
                        routers.values().stream().map(RunningRouter::snapshot).toList()),
                interfaces.values().stream().map(RunningInterface::snapshot).toList());
    }
}
