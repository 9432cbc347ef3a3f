// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.TransitionReason;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.node.ElectionListener;
import io.mainstay.node.RouterNotice;
import io.mainstay.node.RouterTransition;
import io.mainstay.node.ServiceGate;
import io.mainstay.time.MonotonicInstant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Watches one node by what can be seen from outside, and knows what it must never do. The node has excuses: while something
 * disturbs it, and for a moment afterwards, it cannot be blamed for an address that it lacks or still has.
 */
final class NodeWatch implements HostObserver, ElectionListener, ServiceGate {

    private static final int STALL_INTERVALS = 3;

    private final SimulatedNode node;
    private final Timeline timeline;
    private final SimulatedClock clock;
    private final SimulatedHost host;
    private final Trace trace;

    /** Of the first of its virtual routers; the others have the same but for number and addresses. */
    private final VirtualRouterConfig config;

    private final List<SimulatedRouter> routers;

    private boolean keepsOwnAddresses;
    private long transitions;
    private long callCostNanos;

    /** True time since which the node has had no excuse. */
    private long accountableSince;

    private long lastResignedAt;

    NodeWatch(SimulatedNode node, Timeline timeline, SimulatedClock clock, List<SimulatedRouter> routers, Trace trace) {
        this.node = node;
        this.timeline = timeline;
        this.clock = clock;
        this.host = node.host();
        this.config = node.config();
        this.routers = routers;
        this.trace = trace;
    }

    /** It is about to start: what an owner finds on its interface is its own. */
    void onBoot() {
        keepsOwnAddresses =
                config.priority().isOwner() && node.addresses().stream().anyMatch(host::stands);
        excuse();
    }

    /** It has stopped in order. */
    void onStopped() {
        if (node.addresses().stream().anyMatch(host::stands) && !keepsOwnAddresses) {
            throw violation(Invariant.HOLDS_ONLY_WHILE_ACTIVE, "it ended with an address left behind");
        }
    }

    /** Something disturbs it: for a while it cannot be blamed. */
    void excuse() {
        excuseFor(0);
    }

    void excuseFor(long nanos) {
        accountableSince = Math.max(accountableSince, timeline.nowNanos() + nanos);
    }

    void setCallCost(long nanos) {
        callCostNanos = nanos;
    }

    long transitions() {
        return transitions;
    }

    /** When it last sent priority 0, in true time. */
    long lastResignedAt() {
        return lastResignedAt;
    }

    @Override
    public void eventArrived() {
        node.wake();
    }

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
            router.activeSince = isActive ? clock.now() : router.activeSince;
        }
        router.active = isActive;
        if (!transition.from().equals(transition.to())) {
            transitions++;
        }
        TransitionReason reason = transition.cause().reason();
        boolean stepsBack = reason == TransitionReason.HIGHER_PRIORITY || reason == TransitionReason.HIGHER_ADDRESS;
        boolean stepsBackAtOnce = reason == TransitionReason.SYNC_GROUP_BACKUP && wasActiveFor(router) < newlyActive();
        router.lastWords = stepsBack || stepsBackAtOnce ? router.datagramsOfAnAdvertisement() : 0;
        say(() -> transition.router() + " " + transition.from() + " -> " + transition.to() + " because "
                + reason.label());
    }

    private long wasActiveFor(SimulatedRouter router) {
        return clock.now().nanosSince(router.activeSince);
    }

    /** After this long nobody can have taken over at the same time. */
    private long newlyActive() {
        return node.parameters()
                .activeDownInterval(config.advertisementInterval())
                .toNanos();
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
            router.lastWords = 0;
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
        MonotonicInstant byGuard = node.lastSpokenForByGuard(router).orElse(router.lastSpoken);
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
        if (node.isRunning() && node.isPaused() && node.isGuarded()) {
            requireGivenUp();
        }
        if (!node.isRunning() || node.isPaused()) {
            return;
        }
        long grace = 60_000_000 + 40 * callCostNanos;
        boolean failed = node.isAmiss();
        if (failed && node.isActive() && timeline.nowNanos() - Math.max(node.amissSince(), accountableSince) > grace) {
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
                && node.addresses().stream().anyMatch(host::stands);
        if (node.isActive()
                && holds
                && timeline.nowNanos() - Math.max(node.pausedSince(), accountableSince) > allowed) {
            throw violation(Invariant.GUARD_GIVES_UP, "it is stopped and still has its addresses");
        }
    }

    private InvariantViolation violation(Invariant invariant, String detail) {
        return node.violation(invariant, detail);
    }

    private void say(Supplier<String> what) {
        trace.say(timeline.nowNanos(), () -> node.name() + " " + what.get());
    }
}
