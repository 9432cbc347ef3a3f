// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.Forwarding;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far the source ports of services of mode full_nat are taken, as counted last.
 *
 * @param portsOfSource how many there are of each source address
 */
record PortCensus(List<KernelService> services, List<LiveSlot> slots, int portsOfSource) {

    /** Services with a backend and its sources in common have its ports in common. */
    private record Shared(Set<IpAddress> from, Endpoint backend) {}

    /** By name of the service. */
    Map<String, PortUse> uses() {
        Map<String, Set<IpAddress>> sources = new HashMap<>();
        Map<String, PortUse> uses = new HashMap<>();
        for (KernelService service : services) {
            if (service.mode() == Forwarding.FULL_NAT) {
                Set<IpAddress> from = Set.copyOf(Suitability.sourcesOf(service));
                sources.put(service.config().name(), from);
                uses.put(service.config().name(), new PortUse(0, (long) from.size() * portsOfSource, from.size(), ""));
            }
        }
        Map<Shared, Long> taken = new HashMap<>();
        for (LiveSlot slot : slots) {
            Set<IpAddress> from = sources.get(slot.key().service());
            if (from != null) {
                taken.merge(new Shared(from, slot.key().address()), slot.ports(), Long::sum);
            }
        }
        for (LiveSlot slot : slots) {
            BackendKey key = slot.key();
            Set<IpAddress> from = sources.get(key.service());
            if (from != null) {
                long used = taken.getOrDefault(new Shared(from, key.address()), 0L);
                uses.computeIfPresent(key.service(), (name, most) -> fuller(most, used, key.backend()));
            }
        }
        return uses;
    }

    private static PortUse fuller(PortUse most, long used, String backend) {
        return most.backend().isEmpty() || used > most.used()
                ? new PortUse(used, most.limit(), most.sources(), backend)
                : most;
    }
}
