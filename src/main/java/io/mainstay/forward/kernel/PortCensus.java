// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

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

    /** By name of the service. */
    Map<String, PortUse> uses() {
        Map<String, PortUse> uses = new HashMap<>();
        for (KernelService service : services) {
            if (service.mode() == Forwarding.FULL_NAT) {
                uses.put(service.config().name(), ports(service));
            }
        }
        return uses;
    }

    private PortUse ports(KernelService service) {
        Set<IpAddress> from = Set.copyOf(Suitability.sourcesOf(service));
        Map<Endpoint, Long> taken = new HashMap<>();
        Map<Endpoint, String> names = new HashMap<>();
        for (LiveSlot slot : slots) {
            // Services with a backend and its sources in common have its ports in common.
            if (leavesFrom(slot.key().service(), from)) {
                taken.merge(slot.key().address(), slot.ports(), Long::sum);
            }
            if (slot.key().service().equals(service.config().name())) {
                names.put(slot.key().address(), slot.key().backend());
            }
        }
        long used = 0;
        String fullest = "";
        for (Map.Entry<Endpoint, String> each : names.entrySet()) {
            long ofBackend = taken.getOrDefault(each.getKey(), 0L);
            if (fullest.isEmpty() || ofBackend > used) {
                used = ofBackend;
                fullest = each.getValue();
            }
        }
        return new PortUse(used, (long) from.size() * portsOfSource, from.size(), fullest);
    }

    private boolean leavesFrom(String name, Set<IpAddress> from) {
        return services.stream()
                .anyMatch(service -> service.mode() == Forwarding.FULL_NAT
                        && service.config().name().equals(name)
                        && Set.copyOf(Suitability.sourcesOf(service)).equals(from));
    }
}
