// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One virtual router in a snapshot.
 *
 * @param name its name
 * @param vrid its number on the segment
 * @param interfaceName the interface it advertises on
 * @param state where it stands
 * @param reason why it is in that state, for people; empty if there is nothing to say
 * @param priority the configured priority
 * @param effectivePriority the priority it advertises or would advertise
 * @param advertisementInterval the configured interval
 * @param addresses the virtual addresses with their prefix lengths
 * @param activeAddress the address of the node that is Active, this one's own if it is; null if none is known
 * @param since when it entered the state, wall clock
 * @param transitions how many changes of state since the daemon started
 * @param checksum the checksum form it sends
 * @param handingOver whether a planned switchover away from this node is under way
 * @param preemptSuspended whether it leaves an Active of lower priority alone because of an earlier switchover
 * @param advertisementsSent how many since the daemon started
 * @param advertisementsReceived how many valid ones since the daemon started
 * @param conflictTime how long other hosts claimed virtual addresses that this node held, since the daemon started
 * @param discards how many received packets were discarded, by reason; reasons with zero may be left out
 * @param priorityBreakdown how the effective priority comes about, in figures
 * @param trackers what is tracked for it
 * @param virtualMacs the MAC addresses of its own, each with the interface that bears it, such as {@code 00:00:5e:00:01:33
 *     on vrrp4-51}
 */
public record VirtualRouterStatus(
        String name,
        int vrid,
        String interfaceName,
        State state,
        String reason,
        int priority,
        int effectivePriority,
        Duration advertisementInterval,
        List<String> addresses,
        @Nullable String activeAddress,
        Instant since,
        long transitions,
        String checksum,
        boolean handingOver,
        boolean preemptSuspended,
        long advertisementsSent,
        long advertisementsReceived,
        Duration conflictTime,
        Map<String, Long> discards,
        String priorityBreakdown,
        List<TrackerStatus> trackers,
        List<String> virtualMacs) {

    /** The states of RFC 9568 §6.4, and the one of a node that cannot take part. */
    public enum State {
        INITIALIZE,
        BACKUP,
        ACTIVE,
        /** Something the virtual router needs is missing: interface, carrier, or the right to take the address. */
        FAULT
    }

    public VirtualRouterStatus {
        addresses = List.copyOf(addresses);
        trackers = List.copyOf(trackers);
        virtualMacs = List.copyOf(virtualMacs);
        discards = Collections.unmodifiableMap(new LinkedHashMap<>(discards));
    }
}
