// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One Ethernet segment: every frame goes to every other host, and may be lost, late, doubled, or stopped one way. A client
 * on it remembers, as an ARP cache does, which host announced an address last.
 */
final class SimulatedNetwork {

    private final Timeline timeline;
    private final Random random;
    private final List<SimulatedHost> hosts = new ArrayList<>();
    private final Set<Direction> stopped = new HashSet<>();
    private final Set<IpFamily> stoppedFamilies = EnumSet.noneOf(IpFamily.class);
    private final Set<Integer> stoppedVrids = new HashSet<>();
    private final Map<IpAddress, SimulatedHost> clientCache = new HashMap<>();

    /** A switch keeps the order of one sender's frames; a disturbed network may not. */
    private final Map<Direction, Long> lastArrivals = new HashMap<>();

    private boolean reorders;
    private double loss;
    private double duplication;
    private long longestDelayNanos;

    /** One way between two stations; a null station is the client. */
    private record Direction(SimulatedHost from, @Nullable SimulatedHost to) {}

    SimulatedNetwork(Timeline timeline, Random random) {
        this.timeline = timeline;
        this.random = random;
    }

    void connect(SimulatedHost host) {
        hosts.add(host);
    }

    void setQuality(double newLoss, double newDuplication, long newLongestDelayNanos) {
        loss = newLoss;
        duplication = newDuplication;
        longestDelayNanos = newLongestDelayNanos;
        reorders = loss > 0;
    }

    void stop(SimulatedHost from, SimulatedHost to) {
        stopped.add(new Direction(from, to));
    }

    void resume(SimulatedHost from, SimulatedHost to) {
        stopped.remove(new Direction(from, to));
    }

    /** No advertisement of the family arrives anywhere, as behind a filter that knows one family only. */
    void stop(IpFamily family) {
        stoppedFamilies.add(family);
    }

    void resume(IpFamily family) {
        stoppedFamilies.remove(family);
    }

    /** No advertisement of the virtual router arrives anywhere, as on a segment of its own that is cut. */
    void stop(int vrid) {
        stoppedVrids.add(vrid);
    }

    void resume(int vrid) {
        stoppedVrids.remove(vrid);
    }

    void heal() {
        stoppedVrids.clear();
        stopped.clear();
        stoppedFamilies.clear();
    }

    /** Sends an advertisement; it is checked by the receivers' decoders. */
    void advertise(SimulatedHost from, IpAddress source, IpAddress destination, byte[] message, long delayNanos) {
        for (SimulatedHost to : hosts) {
            boolean addressed = destination.isMulticast() || to.has(destination);
            boolean cut = stoppedFamilies.contains(source.family()) || stoppedVrids.contains((int) message[1]);
            if (to != from && addressed && !cut) {
                deliver(
                        from,
                        to,
                        delayNanos,
                        () -> to.receive(new KernelEvent.DatagramReceived(
                                SimulatedHost.INTERFACE, new IpDatagram(source, destination, 255, message.clone()))));
            }
        }
    }

    /** Sends a gratuitous ARP. */
    void announce(SimulatedHost from, IpAddress address, long delayNanos) {
        for (SimulatedHost to : hosts) {
            if (to != from) {
                deliver(
                        from,
                        to,
                        delayNanos,
                        () -> to.receive(new KernelEvent.AddressClaimed(SimulatedHost.INTERFACE, address, from.mac())));
            }
        }
        deliver(from, null, delayNanos, () -> clientCache.put(address, from));
    }

    /** Sends an ARP probe; every host that has the address answers the prober alone. */
    void probe(SimulatedHost from, IpAddress address, long delayNanos) {
        for (SimulatedHost to : hosts) {
            if (to != from) {
                deliver(from, to, delayNanos, () -> answer(to, from, address));
            }
        }
    }

    private void answer(SimulatedHost owner, SimulatedHost prober, IpAddress address) {
        if (owner.answersFor(address)) {
            var claim = new KernelEvent.AddressClaimed(SimulatedHost.INTERFACE, address, owner.mac());
            deliver(owner, prober, 0, () -> prober.receive(claim));
        }
    }

    /** The host that a client sends to for an address, or null if none was announced. */
    @Nullable
    SimulatedHost hostThatClientsUse(IpAddress address) {
        return clientCache.get(address);
    }

    private void deliver(SimulatedHost from, @Nullable SimulatedHost to, long delayNanos, Runnable arrival) {
        if (!from.isPlugged() || stopped.contains(new Direction(from, to)) || isLost()) {
            return;
        }
        long arrivesAt = timeline.nowNanos() + delayNanos + delay();
        if (!reorders) {
            arrivesAt = Math.max(arrivesAt, lastArrivals.getOrDefault(new Direction(from, to), 0L));
        }
        lastArrivals.put(new Direction(from, to), arrivesAt);
        timeline.at(arrivesAt, arrival);
        if (duplication > 0 && random.nextDouble() < duplication) {
            timeline.after(delayNanos + delay(), arrival);
        }
    }

    private boolean isLost() {
        return loss > 0 && random.nextDouble() < loss;
    }

    private long delay() {
        return 20_000 + (longestDelayNanos > 20_000 ? random.nextLong(longestDelayNanos - 20_000) : 0);
    }
}
