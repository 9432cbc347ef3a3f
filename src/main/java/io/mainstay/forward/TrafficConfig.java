// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * How the traffic of a service is handled, the choice of a backend apart.
 *
 * @param udp how datagrams are made into sessions; without meaning for TCP
 */
public record TrafficConfig(UdpConfig udp) {

    public static final TrafficConfig DEFAULT = new TrafficConfig(UdpConfig.DEFAULT);
}
