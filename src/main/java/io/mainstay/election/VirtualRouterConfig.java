// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.List;

/**
 * One virtual router as the operator wants it.
 *
 * @param name how people call it; unique on the node
 * @param interfaceName where it advertises and holds its addresses
 * @param vrid its number on that segment
 * @param priority the configured priority, 1 to 255
 * @param advertisementInterval 10 ms to 40.95 s in whole centiseconds (RFC 9568 §6.1, Advertisement_Interval)
 * @param addresses the virtual addresses, in the order in which they are advertised; at least one
 * @param protocol how it speaks with its peers
 * @param preempt whether to take over from an Active of lower priority (RFC 9568 §6.1, Preempt_Mode)
 * @param preemptDelay how long to let an Active of lower priority be before taking over from it; zero: no longer than the
 *     RFC says
 */
public record VirtualRouterConfig(
        String name,
        InterfaceName interfaceName,
        VirtualRouterId vrid,
        Priority priority,
        Duration advertisementInterval,
        List<VirtualAddress> addresses,
        ProtocolConfig protocol,
        boolean preempt,
        Duration preemptDelay) {

    public static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);
    public static final Duration LONGEST_INTERVAL = Duration.ofMillis(40_950);

    public VirtualRouterConfig {
        if (priority.isResign()) {
            throw new IllegalArgumentException("priority: 0 (expected: 1..255)");
        }
        if (advertisementInterval.compareTo(SHORTEST_INTERVAL) < 0
                || advertisementInterval.compareTo(LONGEST_INTERVAL) > 0
                || advertisementInterval.toNanos() % SHORTEST_INTERVAL.toNanos() != 0) {
            throw new IllegalArgumentException("advertisement interval: " + advertisementInterval.toMillis()
                    + "ms (expected: 10ms..40.95s in steps of 10ms)");
        }
        if (protocol.version() == VrrpVersion.V2 && advertisementInterval.toMillisPart() != 0) {
            throw new IllegalArgumentException("advertisement interval: " + advertisementInterval.toMillis()
                    + "ms (expected: whole seconds in VRRPv2)");
        }
        if (addresses.isEmpty() || addresses.size() > 255) {
            throw new IllegalArgumentException("addresses: " + addresses.size() + " (expected: 1..255)");
        }
        if (preemptDelay.isNegative()) {
            throw new IllegalArgumentException("preempt delay: " + preemptDelay + " (expected: 0s or more)");
        }
        addresses = List.copyOf(addresses);
    }
}
