// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** What can go wrong. Every fault is taken back when it has lasted its time, and all at once by {@link #heal}. */
final class Faults {

    /** A refusal leads to a pause of up to half a minute, too long to sit out in every run. */
    private static final int RARE = 8;

    private final Timeline timeline;
    private final Random random;
    private final SimulatedNetwork network;
    private final List<SimulatedNode> nodes;
    private final long intervalNanos;
    private boolean retriesPossible;

    Faults(Timeline timeline, Random random, SimulatedNetwork network, List<SimulatedNode> nodes, Duration interval) {
        this.timeline = timeline;
        this.random = random;
        this.network = network;
        this.nodes = nodes;
        intervalNanos = interval.toNanos();
    }

    /** Whether a node may be in the pause after a failure. */
    boolean areRetriesPossible() {
        return retriesPossible;
    }

    void strike() {
        SimulatedNode node = nodes.get(random.nextInt(nodes.size()));
        SimulatedHost host = node.host();
        boolean told = random.nextInt(10) != 0;
        long duration = intervalNanos / 5 + random.nextLong(8 * intervalNanos);
        switch (random.nextInt(19)) {
            case 0, 1 -> {
                network.setQuality(random.nextDouble() * 0.6, random.nextDouble() * 0.3, intervalNanos / 4);
                timeline.after(duration, () -> quiet());
            }
            case 2, 3 -> cut(node, nodes.get(random.nextInt(nodes.size())), duration);
            case 4, 5 -> pause(node, duration);
            case 6, 7 -> {
                node.crash();
                timeline.after(duration, node::boot);
            }
            case 8 -> {
                node.excuseFor(duration + Duration.ofSeconds(2).toNanos());
                host.setCarrier(false, told);
                timeline.after(duration, () -> host.setCarrier(true, told));
            }
            case 9 -> {
                node.excuseFor(duration + Duration.ofSeconds(2).toNanos());
                host.removeInterface(told);
                timeline.after(duration, () -> host.recreateInterface(told));
            }
            case 10 -> {
                VirtualAddress address =
                        node.addresses().get(random.nextInt(node.addresses().size()));
                node.excuseFor(Duration.ofMillis(150).toNanos());
                host.removeByStranger(address);
            }
            case 11 -> {
                if (node.isRunning()) {
                    node.handOver();
                }
            }
            case 12 -> {
                node.setCallCost(random.nextLong(3_000_000));
                timeline.after(duration, () -> node.setCallCost(0));
            }
            case 13 -> refuse(node, duration);
            case 14 -> {
                IpFamily family = random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6;
                network.stop(family);
                timeline.after(duration, () -> network.resume(family));
            }
            case 15 -> {
                node.failTracker();
                timeline.after(duration, node::recoverTrackers);
            }
            case 16, 17 -> node.weigh(1 + random.nextInt(254));
            case 18 -> {
                int vrid = node.vrids().get(random.nextInt(node.vrids().size()));
                network.stop(vrid);
                timeline.after(duration, () -> network.resume(vrid));
            }
            default -> throw new IllegalStateException("fault: none");
        }
    }

    private void cut(SimulatedNode node, SimulatedNode peer, long duration) {
        network.stop(node.host(), peer.host());
        boolean bothWays = random.nextBoolean();
        if (bothWays) {
            network.stop(peer.host(), node.host());
        }
        timeline.after(duration, () -> {
            network.resume(node.host(), peer.host());
            network.resume(peer.host(), node.host());
        });
    }

    private void pause(SimulatedNode node, long duration) {
        boolean deaf = random.nextBoolean();
        node.pause(deaf);
        timeline.after(duration, node::resume);
    }

    private void refuse(SimulatedNode node, long duration) {
        if (random.nextInt(RARE) != 0) {
            return;
        }
        retriesPossible = true;
        boolean add = random.nextBoolean();
        if (add) {
            node.excuseFor(duration + Duration.ofSeconds(2).toNanos());
            node.host().setAddRefused(true);
        } else {
            node.host().setSendRefused(true);
        }
        timeline.after(duration, () -> {
            node.host().setAddRefused(false);
            node.host().setSendRefused(false);
        });
    }

    private void quiet() {
        network.setQuality(0, 0, 200_000);
    }

    /** Everything works again; stopped nodes run. */
    void heal() {
        quiet();
        network.heal();
        for (SimulatedNode node : nodes) {
            node.host().setAddRefused(false);
            node.host().setSendRefused(false);
            node.setCallCost(0);
            node.recoverTrackers();
            node.resume();
            node.boot();
        }
    }
}
