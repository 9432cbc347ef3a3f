// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.Priority;
import java.time.Duration;

/**
 * The numbers by which one router takes part in an election (RFC 9568 §6.1).
 *
 * @param version of VRRP, by which the skew time is measured
 * @param priority the priority that it advertises and compares, 1 to 255
 * @param interval its own Advertisement_Interval
 * @param preempt whether it takes over from an Active of lower priority; an owner does so in any case
 * @param preemptDelay how long it lets an Active of lower priority be before it does
 */
public record ElectionParameters(
        VrrpVersion version, Priority priority, Duration interval, boolean preempt, Duration preemptDelay) {

    /** How many silent intervals of the Active the RFC allows for, skew time apart. */
    static final int SILENT_INTERVALS = 3;

    public static ElectionParameters of(VirtualRouterConfig config) {
        return new ElectionParameters(
                config.protocol().version(),
                config.priority(),
                config.advertisementInterval(),
                config.preempt(),
                config.preemptDelay());
    }

    /**
     * Skew_Time = (256 - Priority) * Active_Adver_Interval / 256, in nanoseconds, so that two routers one priority apart
     * stay apart at the shortest interval too. In version 2 it is (256 - Priority) / 256 seconds (RFC 3768 §6.1).
     *
     * @param activeInterval the interval that the Active advertises
     */
    public Duration skew(Duration activeInterval) {
        Duration unit = version == VrrpVersion.V2 ? Duration.ofSeconds(1) : activeInterval;
        return Duration.ofNanos((256 - priority.value()) * unit.toNanos() / 256);
    }

    /** Active_Down_Interval = 3 * Active_Adver_Interval + Skew_Time. */
    public Duration activeDownInterval(Duration activeInterval) {
        return activeInterval.multipliedBy(SILENT_INTERVALS).plus(skew(activeInterval));
    }
}
