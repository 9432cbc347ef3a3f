// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.Election;
import io.mainstay.election.ElectionParameters;
import io.mainstay.election.ElectionRules;
import io.mainstay.net.VirtualAddress;
import io.mainstay.node.HandOverResult;
import io.mainstay.takeover.AnnounceConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One run of one cluster. It has four parts: the nodes start and faults befall them, during which nothing unsafe may happen;
 * the faults end and exactly one right Active must be there in a bounded time; nothing may change while nothing disturbs it;
 * and last the Active leaves in one of several ways, each with its own bound.
 *
 * <p>To reproduce a run, give its seed again: everything is drawn from it, and nothing else is random.
 */
final class ClusterSimulation {

    private static final long MILLISECOND = 1_000_000;

    private static final long MOST_EVENTS_OF_A_FAMILY = 200_000;

    /** Two wake-ups, two trips through the network, and what clocks differ by in a few intervals. */
    private static final long REACTION_NANOS = 3 * MILLISECOND;

    private final Timeline timeline = new Timeline();
    private final Random random;
    private final SimulatedNetwork network;
    private final ClusterPlan plan;
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final Faults faults;
    private final long intervalNanos;
    private final long mostEvents;
    private long events;

    ClusterSimulation(long seed, Trace trace) {
        this(seed, trace, Election::new, false);
    }

    /** With the given rules on every node, to see whether the invariants notice wrong ones. */
    ClusterSimulation(long seed, Trace trace, Function<ElectionParameters, ElectionRules> rules, boolean guardsSleep) {
        random = new Random(seed);
        // The first draws of neighbouring seeds are alike.
        random.nextLong();
        network = new SimulatedNetwork(timeline, random);
        plan = ClusterPlan.of(random);
        intervalNanos = plan.longestInterval().toNanos();
        mostEvents = MOST_EVENTS_OF_A_FAMILY
                * plan.members()
                * plan.nodes().getFirst().families().size();
        AnnounceConfig announce = new AnnounceConfig(5, plan.refresh());
        for (int i = 0; i < plan.nodes().size(); i++) {
            SimulatedClock clock = new SimulatedClock(
                    timeline, random.nextLong(), plan.driftPpm().get(i));
            SimulatedHost host = new SimulatedHost(i, network, clock);
            network.connect(host);
            Supplier<SimulatedGuard> guards =
                    () -> new SimulatedGuard(timeline, random, clock, host, network, guardsSleep);
            nodes.add(new SimulatedNode(
                    timeline,
                    random,
                    plan.routersOf(i),
                    announce,
                    plan.authentication(),
                    clock,
                    host,
                    rules,
                    trace,
                    plan.guarded() ? guards : null));
        }
        faults = new Faults(timeline, random, network, nodes, plan.longestInterval());
    }

    /** Runs to the end or throws an {@link InvariantViolation}; says how many things happened. */
    long run() {
        network.setQuality(0, 0, 200_000);
        for (SimulatedNode node : nodes) {
            timeline.at(random.nextLong(2 * intervalNanos), node::boot);
        }
        if (plan.faults() == 0) {
            settle();
            requireFewTransitions();
        } else {
            befall();
            settle();
        }
        stayCalm(6 * intervalNanos);
        leave();
        return events;
    }

    private void befall() {
        long fromBoot = random.nextLong(8 * intervalNanos);
        long last = fromBoot;
        for (int i = 0; i < plan.faults(); i++) {
            long at = fromBoot + random.nextLong(20 * intervalNanos);
            timeline.at(at, faults::strike);
            last = Math.max(last, at);
        }
        advance(last + 9 * intervalNanos - timeline.nowNanos());
        faults.heal();
        if (random.nextBoolean()) {
            nodes.forEach(SimulatedNode::resumePreemption);
        }
        if (random.nextBoolean()) {
            nodes.get(random.nextInt(nodes.size())).weigh(1 + random.nextInt(254));
        }
    }

    /** Long enough for every node to notice, to take over, to be preempted, and to have announced. */
    private void settle() {
        long bound = 16 * intervalNanos
                + plan.longestPreemptDelay().toNanos()
                + Duration.ofMillis(1500).toNanos()
                + plan.refresh().toNanos();
        if (faults.areRetriesPossible()) {
            bound += Duration.ofSeconds(31).toNanos() + 8 * intervalNanos;
        }
        advance(bound);
        requireOneRightActive();
    }

    private void requireFewTransitions() {
        for (SimulatedNode node : nodes) {
            if (node.transitions() > 4L * plan.members()) {
                throw node.violation(Invariant.CALM, node.transitions() + " transitions since it started");
            }
        }
    }

    private void stayCalm(long nanos) {
        long before = transitions();
        advanceWhile(nanos, () -> {
            if (transitions() != before) {
                throw new InvariantViolation(Invariant.CALM, "a transition without a cause");
            }
            return true;
        });
        requireOneRightActive();
    }

    private long transitions() {
        return nodes.stream().mapToLong(SimulatedNode::transitions).sum();
    }

    private void leave() {
        SimulatedNode active = requireOneActive();
        switch (random.nextInt(8)) {
            case 0 -> resign(active);
            case 1 -> retire(active);
            case 2, 3 -> handOver(active);
            case 4 -> die(active);
            case 5 -> stall(active);
            case 6 -> goUnheard(active);
            default -> restartBackup(active);
        }
        settle();
        comeBack(active);
    }

    /** Who was Active before returns, and takes over again only if it may. */
    private void comeBack(SimulatedNode former) {
        SimulatedNode active = requireOneActive();
        long before = active.transitions();
        // What is tracked comes to nothing again when all is healed, and so do the priorities.
        boolean mayTakeOver = former == active
                || nodes.stream().anyMatch(SimulatedNode::isWeighed)
                || (former.isRunning()
                        ? mayPreempt(former, active, former.isPreemptionSuspended())
                        : mayTakeOver(former, active));
        faults.heal();
        settle();
        if (!mayTakeOver && active.transitions() != before) {
            throw active.violation(Invariant.CALM, "it changed because " + former.name() + " came back");
        }
    }

    /** A stop without hand-over: priority 0, and the next one follows within its skew time. */
    private void resign(SimulatedNode active) {
        active.stop(Duration.ZERO);
        advanceUntil(
                3 * MILLISECOND,
                () -> active.lastResignedAt() >= timeline.nowNanos() - 3 * MILLISECOND && active.lastResignedAt() > 0);
        requireSuccessor(active, skewNanos(active, best(active)), Invariant.RESIGNATION_TAKES_SKEW_TIME);
        if (!active.isAnswered()) {
            throw active.violation(Invariant.RESIGNATION_TAKES_SKEW_TIME, "it did not stop");
        }
    }

    /** A stop with hand-over: clients notice nothing. */
    private void retire(SimulatedNode active) {
        active.stop(plan.longestInterval().multipliedBy(4));
        advanceWhile(5 * intervalNanos, () -> {
            requireServed();
            return active.isRunning();
        });
        if (active.isRunning()) {
            throw active.violation(Invariant.HAND_OVER_WITHOUT_GAP, "it did not stop");
        }
        advanceWhile(200 * MILLISECOND, () -> {
            requireServed();
            return true;
        });
    }

    private void die(SimulatedNode active) {
        active.crash();
        if (plan.guarded()) {
            requireSuccessor(
                    active,
                    skewNanos(active, best(active)) + SimulatedGuard.LONGEST_REACTION_NANOS,
                    Invariant.GUARD_GIVES_UP);
            return;
        }
        long down = 3 * active.config().advertisementInterval().toNanos() + skewNanos(active, best(active));
        requireSuccessor(active, down, Invariant.LOSS_TAKES_ACTIVE_DOWN_INTERVAL);
    }

    private void requireSuccessor(SimulatedNode lost, long boundNanos, Invariant invariant) {
        advance(boundNanos + REACTION_NANOS + boundNanos / 1000);
        SimulatedNode best = best(lost);
        List<SimulatedNode> actives = actives();
        if (actives.isEmpty() || (!isClose(lost) && !actives.contains(best))) {
            throw best.violation(invariant, "it is not Active " + boundNanos / 1000 + "us after " + lost.name());
        }
    }

    /** Whether two would take over from a node at the same moment, before they can hear of each other. */
    private boolean isClose(SimulatedNode lost) {
        SimulatedNode best = best(lost);
        return nodes.stream()
                .filter(node -> node != lost && node != best)
                .anyMatch(node -> skewNanos(lost, node) - skewNanos(lost, best) < REACTION_NANOS);
    }

    /** The one that is first to take over after another. */
    private SimulatedNode best(SimulatedNode lost) {
        return nodes.stream()
                .filter(node -> node != lost)
                .min(Comparator.comparingLong(node -> skewNanos(lost, node)))
                .orElseThrow();
    }

    private static long skewNanos(SimulatedNode lost, SimulatedNode next) {
        return next.parameters().skew(lost.config().advertisementInterval()).toNanos();
    }

    private void handOver(SimulatedNode active) {
        active.handOver();
        advanceWhile(5 * intervalNanos, () -> {
            requireServed();
            return active.handOverResult() == null;
        });
        advanceWhile(200 * MILLISECOND, () -> {
            requireServed();
            return true;
        });
        HandOverResult result = active.handOverResult();
        if (result == null || result.outcome() != HandOverResult.Outcome.HANDED_OVER) {
            throw active.violation(Invariant.HAND_OVER_WITHOUT_GAP, "it did not hand over: " + result);
        }
        advance(12 * intervalNanos + plan.longestPreemptDelay().toNanos());
        // Where intervals differ, a router that was Active for a moment may have taught the wrong one.
        if (active.isActive() && plan.intervalsAgree()) {
            throw active.violation(Invariant.RIGHT_ACTIVE, "it took back what it had handed over");
        }
        stayCalm(4 * intervalNanos);
    }

    private void requireServed() {
        if (nodes.stream().noneMatch(SimulatedNode::isServing)) {
            throw new InvariantViolation(Invariant.HAND_OVER_WITHOUT_GAP, "no node serves all addresses");
        }
        for (VirtualAddress address : nodes.getFirst().addresses()) {
            SimulatedHost used = network.hostThatClientsUse(address.address());
            if (used != null && !used.stands(address)) {
                throw new InvariantViolation(
                        Invariant.HAND_OVER_WITHOUT_GAP,
                        "clients send " + address + " to " + used.primaryAddress() + ", which has given it up");
            }
        }
    }

    private void stall(SimulatedNode active) {
        active.pause(random.nextBoolean());
        advance(6 * intervalNanos);
        active.resume();
        advance(4 * intervalNanos);
    }

    /**
     * The Active still hears the others, and they do not hear it: it gives way to the one that takes over, and settles so
     * before the link is mended. An owner does not, and goes on beside it until then.
     */
    private void goUnheard(SimulatedNode active) {
        nodes.stream().filter(node -> node != active).forEach(node -> network.stop(active.host(), node.host()));
        advance(20 * intervalNanos);
        boolean owner = active.config().priority().isOwner();
        if (active.isActive() != owner) {
            throw active.violation(Invariant.ONE_ACTIVE, owner ? "an owner gave way" : "it goes on although unheard");
        }
        if (owner) {
            network.heal();
        }
    }

    private void restartBackup(SimulatedNode active) {
        SimulatedNode backup =
                nodes.stream().filter(node -> node != active).toList().get(random.nextInt(nodes.size() - 1));
        boolean mayTakeOver = mayTakeOver(backup, active);
        backup.crash();
        advance(intervalNanos);
        long before = active.transitions();
        backup.boot();
        advance(10 * intervalNanos + plan.longestPreemptDelay().toNanos());
        if (!mayTakeOver && active.transitions() != before) {
            throw active.violation(Invariant.CALM, "it changed because " + backup.name() + " came back");
        }
    }

    private SimulatedNode requireOneActive() {
        List<SimulatedNode> actives = actives();
        if (actives.size() != 1) {
            throw new InvariantViolation(
                    Invariant.ONE_ACTIVE,
                    actives.size() + " nodes are Active: "
                            + actives.stream().map(SimulatedNode::name).toList());
        }
        return actives.getFirst();
    }

    private List<SimulatedNode> actives() {
        return nodes.stream().filter(SimulatedNode::isActive).toList();
    }

    private void requireOneRightActive() {
        SimulatedNode active = requireOneActive();
        for (SimulatedNode node : nodes) {
            if (node != active && node.isRunning() && mayPreempt(node, active, node.isPreemptionSuspended())) {
                throw active.violation(Invariant.RIGHT_ACTIVE, "it is Active although there is " + node.name());
            }
        }
        if (!active.isServing()) {
            throw active.violation(Invariant.ACTIVE_HOLDS_ADDRESSES, "it does not serve");
        }
        for (VirtualAddress address : active.addresses()) {
            if (network.hostThatClientsUse(address.address()) != active.host()) {
                throw active.violation(Invariant.CLIENTS_REACH_ACTIVE, "clients send " + address + " elsewhere");
            }
        }
    }

    /**
     * A node that starts has forgotten that it handed over, and knows but its own interval: it does not wait for an Active that advertises more rarely. */
    private static boolean mayTakeOver(SimulatedNode starting, SimulatedNode active) {
        return mayPreempt(starting, active, false)
                || starting.config()
                                .advertisementInterval()
                                .compareTo(active.config().advertisementInterval())
                        < 0;
    }

    private static boolean mayPreempt(SimulatedNode node, SimulatedNode active, boolean suspended) {
        boolean preempts = node.config().preempt() || node.config().priority().isOwner();
        return preempts && !suspended && node.priority().compareTo(active.priority()) > 0;
    }

    private void advance(long nanos) {
        advanceWhile(nanos, () -> true);
    }

    private void advanceUntil(long nanos, BooleanSupplier reached) {
        advanceWhile(nanos, () -> !reached.getAsBoolean());
    }

    /** Lets things happen for so long at most, or until the condition no longer holds; looks at every node after each. */
    private void advanceWhile(long nanos, BooleanSupplier condition) {
        long until = timeline.nowNanos() + nanos;
        while (timeline.stepUntil(until)) {
            if (++events > mostEvents) {
                throw new InvariantViolation(Invariant.CALM, "a storm: more than " + mostEvents + " events");
            }
            for (SimulatedNode node : nodes) {
                node.check();
            }
            if (!condition.getAsBoolean()) {
                return;
            }
        }
    }
}
