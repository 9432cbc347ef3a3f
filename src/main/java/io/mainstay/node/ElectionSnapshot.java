// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.wire.DiscardReason;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The election of this node as it was at one moment.
 *
 * @param takenAt that moment; older than a few seconds only if the election thread is stuck
 * @param longestLoopGap the longest time for which the election thread was late for a deadline or busy with one turn
 * @param listenerFailures how often the listener threw
 * @param kernelFailures how often waiting for events or asking for a link failed
 */
public record ElectionSnapshot(
        MonotonicInstant takenAt,
        Duration longestLoopGap,
        long listenerFailures,
        long kernelFailures,
        List<Router> routers,
        List<Interface> interfaces) {

    public ElectionSnapshot {
        routers = List.copyOf(routers);
        interfaces = List.copyOf(interfaces);
    }

    /**
     * One virtual router.
     *
     * @param state INITIALIZE, BACKUP, ACTIVE or FAULT
     * @param reason the label of the reason of the last transition
     * @param explanation that reason as a sentence; with the cause, if it is a fault
     * @param since when it entered the state
     * @param handingOver whether it is Active and asks a peer to take over
     * @param preemptionSuspended whether it lets the Active be after it handed over on request
     * @param activeAddress the primary address of the Active; empty if unknown
     * @param activeInterval the advertisement interval in force, learnt from the Active unless this node is the one
     * @param addresses the configured addresses
     * @param addressesHeld those that stand on the interface by this node's doing
     * @param peerDifferences in what peers that are heard at present differ from this node, for people
     */
    public record Router(
            String name,
            VirtualRouterId vrid,
            InterfaceName interfaceName,
            String state,
            String reason,
            String explanation,
            MonotonicInstant since,
            Priority effectivePriority,
            boolean handingOver,
            boolean preemptionSuspended,
            Optional<IpAddress> activeAddress,
            Duration activeInterval,
            List<VirtualAddress> addresses,
            Set<VirtualAddress> addressesHeld,
            List<String> peerDifferences,
            Counters counters) {}

    /**
     * Counts since the driver started.
     *
     * @param advertisementsSent priority 0 included
     * @param advertisementsUnsent those that the kernel refused
     * @param advertisementsByGuard those that the guard sent in the place of this node
     * @param advertisementsReceived those of peers that passed all checks
     * @param transitions changes of state
     * @param stalls how often it stepped down because it had been silent for too long
     * @param conflictTime how long other hosts claimed addresses that it held
     */
    public record Counters(
            long advertisementsSent,
            long advertisementsUnsent,
            long advertisementsByGuard,
            long advertisementsReceived,
            long transitions,
            long stalls,
            Duration conflictTime) {}

    /**
     * One interface.
     *
     * @param usable whether it is there, up, with carrier, and open for VRRP
     * @param discards received messages that were thrown away, by reason; without those that never occurred
     * @param complaints whose are thrown away at present, and why, for people: by virtual router, and under the empty name
     *     those that are about none in particular
     */
    public record Interface(
            InterfaceName name,
            boolean usable,
            Map<DiscardReason, Long> discards,
            Map<String, List<String>> complaints) {

        public Interface {
            discards = Map.copyOf(discards);
            complaints = Map.copyOf(complaints);
        }
    }
}
