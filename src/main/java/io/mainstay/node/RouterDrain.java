// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.takeover.ConnectionDrain;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one virtual router that live on here after a successor took its addresses. Belongs to the election thread.
 */
final class RouterDrain {

    private final String router;
    private final Set<IpAddress> addresses;
    private final InterfaceName interfaceName;
    private final ElectionPorts ports;
    private final ServiceGate gate;
    private final ElectionReports reports;
    private final Duration timeout;
    private final ConnectionDrain drain;

    /** The router that took over last, which sends on what comes for connections that live on here. */
    private final Map<IpFamily, IpAddress> successor = new EnumMap<>(IpFamily.class);

    private @Nullable CompletableFuture<Integer> counting;
    private MonotonicInstant begunAt = new MonotonicInstant(0);
    private boolean told;
    private boolean uncountedTold;

    RouterDrain(
            String router,
            Set<IpAddress> addresses,
            InterfaceName interfaceName,
            Duration timeout,
            ElectionPorts ports,
            ServiceGate gate,
            ElectionReports reports) {
        this.router = router;
        this.addresses = addresses;
        this.interfaceName = interfaceName;
        this.ports = ports;
        this.gate = gate;
        this.reports = reports;
        this.timeout = timeout;
        drain = new ConnectionDrain(timeout);
    }

    /** Whoever was heard last in each family as Active is the one that takes over. */
    void follow(Map<IpFamily, IpAddress> active) {
        successor.clear();
        successor.putAll(active);
    }

    /** A router at this address has taken over. */
    void follow(IpAddress active) {
        successor.put(active.family(), active);
    }

    Map<IpFamily, IpAddress> successor() {
        return successor;
    }

    /** Whether connections are to live on at all. */
    boolean isWanted() {
        return timeout.isPositive();
    }

    boolean isUnderWay() {
        return drain.isUnderWay();
    }

    /** The addresses are about to be removed. */
    void begin() throws KernelException {
        try {
            for (IpAddress address : addresses) {
                ports.keptConnections().keep(interfaceName, address);
            }
        } catch (KernelException e) {
            letGo();
            throw e;
        }
        gate.keep(addresses);
        begunAt = now();
        told = false;
        uncountedTold = false;
        counting = null;
        drain.begin(begunAt);
    }

    /** Does what is due; whether the successor is to be told that connections live on here. */
    boolean judgeTime() {
        if (!drain.isUnderWay()) {
            return false;
        }
        takeCount();
        if (drain.takeLook(now()) && counting == null) {
            counting = gate.connections(addresses)
                    .whenComplete((count, failure) -> ports.events().wake());
        }
        if (drain.isOver(now())) {
            finish();
            return false;
        }
        return drain.takeNotice(now());
    }

    private void takeCount() {
        CompletableFuture<Integer> count = counting;
        if (count == null || !count.isDone()) {
            return;
        }
        counting = null;
        if (count.state() != Future.State.SUCCESS) {
            tellUncounted(count);
            return;
        }
        drain.onLook(count.resultNow(), now());
        if (drain.left() > 0 && !told) {
            told = true;
            reports.fact(EventDraft.info(
                            EventKind.DRAINING,
                            router,
                            connections(drain.left()) + " on here for up to " + seconds(timeout)
                                    + "; the new Active sends on what comes for them")
                    .with("connections", drain.left()));
        }
    }

    /** The next look may do better; at the latest the time that they have at most ends it. */
    private void tellUncounted(CompletableFuture<Integer> count) {
        if (!uncountedTold) {
            uncountedTold = true;
            String cause = count.state() == Future.State.FAILED ? ": " + count.exceptionNow() : "";
            reports.fact(EventDraft.warning(
                    EventKind.DRAIN_UNCOUNTED,
                    router,
                    "the connections that live on here could not be counted" + cause));
        }
    }

    private static String seconds(Duration duration) {
        return Math.ceilDiv(duration.toMillis(), 1000) + " s";
    }

    private static String connections(int count) {
        return count == 1 ? "1 connection lives" : count + " connections live";
    }

    private void finish() {
        int left = drain.left();
        boolean inTime = left == 0;
        EventDraft fact = inTime
                ? EventDraft.info(
                        EventKind.DRAINED,
                        router,
                        "the last of " + drain.began()
                                + " connections that lived on here after the hand-over has ended")
                : EventDraft.warning(
                        EventKind.DRAINED,
                        router,
                        left + " of " + drain.began()
                                + " connections that lived on here after the hand-over reset: their time was up");
        if (drain.began() > 0) {
            reports.fact(fact.with("connections", drain.began())
                    .with("reset", left)
                    .with("lasted", JournalText.milliseconds(now().since(begunAt))));
        }
        var unused = gate.close(addresses);
        over();
    }

    /** The addresses are back, and with them the connections; or these were reset with the services. */
    void over() {
        if (drain.isUnderWay()) {
            drain.end();
            counting = null;
            letGo();
        }
    }

    /** Waits no longer for the last connection. */
    void hurry() {
        drain.hurry(now());
    }

    private void letGo() {
        for (IpAddress address : addresses) {
            try {
                ports.keptConnections().letGo(interfaceName, address);
            } catch (KernelException e) {
                reports.fact(EventDraft.warning(
                        "rule-left", router, "a routing rule is left until the next start: " + e.getMessage()));
            }
        }
    }

    /** How it stands, for people; empty if it is not under way or nothing lives on. */
    Optional<String> sentence() {
        if (!drain.isUnderWay() || drain.left() == 0) {
            return Optional.empty();
        }
        return Optional.of(connections(drain.left()) + " on here for up to " + seconds(drain.remaining(now())));
    }

    Optional<MonotonicInstant> nextDeadline() {
        return drain.nextDeadline();
    }

    private MonotonicInstant now() {
        return ports.clock().now();
    }
}
