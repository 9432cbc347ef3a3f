// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * How the traffic of a service is handled, the choice of a backend apart.
 *
 * @param udp how datagrams are made into sessions; without meaning for TCP
 * @param limits how much is taken in
 * @param access who may come
 */
public record TrafficConfig(UdpConfig udp, LimitsConfig limits, AccessConfig access) {

    public static final TrafficConfig DEFAULT =
            new TrafficConfig(UdpConfig.DEFAULT, LimitsConfig.NONE, AccessConfig.EVERYBODY);

    /** The defaults with another handling of datagrams. */
    public static TrafficConfig of(UdpConfig udp) {
        return new TrafficConfig(udp, LimitsConfig.NONE, AccessConfig.EVERYBODY);
    }
}
