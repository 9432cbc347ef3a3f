// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.util.Set;

/** One virtual router of a node, by what can be seen of it from outside. */
final class SimulatedRouter {

    private final VirtualRouterConfig config;

    boolean active;
    boolean gateOpen;

    /** How many datagrams it may still send although it is no longer Active: one advertisement, as it steps back for another. */
    long lastWords;

    MonotonicInstant lastSpoken = new MonotonicInstant(0);
    MonotonicInstant activeSince = new MonotonicInstant(0);

    SimulatedRouter(VirtualRouterConfig config) {
        this.config = config;
    }

    VirtualRouterConfig config() {
        return config;
    }

    boolean has(IpAddress address) {
        return config.addresses().stream().anyMatch(own -> own.address().equals(address));
    }

    boolean hasOneOf(Set<IpAddress> addresses) {
        return addresses.stream().anyMatch(this::has);
    }

    boolean serves(SimulatedHost host) {
        return gateOpen && stands(host);
    }

    private boolean stands(SimulatedHost host) {
        return config.addresses().stream().allMatch(host::stands);
    }

    /** The process is gone, and what it was with it. */
    void forget() {
        active = false;
        gateOpen = false;
        lastWords = 0;
    }

    long datagramsOfAnAdvertisement() {
        return config.families().stream()
                .mapToInt(family ->
                        Math.max(1, config.protocol().unicastPeers(family).size()))
                .sum();
    }
}
