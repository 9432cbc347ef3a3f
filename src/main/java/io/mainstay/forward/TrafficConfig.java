// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * How the traffic of a service is handled, the choice of a backend apart.
 *
 * @param udp how datagrams are made into sessions; without meaning for TCP
 * @param limits how much is taken in
 * @param access who may come
 * @param proxyProtocol how the address of a client is told from proxy to proxy; without meaning for UDP
 */
public record TrafficConfig(
        UdpConfig udp, LimitsConfig limits, AccessConfig access, ProxyProtocolConfig proxyProtocol) {

    public static final TrafficConfig DEFAULT =
            new TrafficConfig(UdpConfig.DEFAULT, LimitsConfig.NONE, AccessConfig.EVERYBODY, ProxyProtocolConfig.NONE);

    public TrafficConfig withUdp(UdpConfig newUdp) {
        return new TrafficConfig(newUdp, limits, access, proxyProtocol);
    }

    public TrafficConfig withLimits(LimitsConfig newLimits) {
        return new TrafficConfig(udp, newLimits, access, proxyProtocol);
    }

    public TrafficConfig withAccess(AccessConfig newAccess) {
        return new TrafficConfig(udp, limits, newAccess, proxyProtocol);
    }

    public TrafficConfig withProxyProtocol(ProxyProtocolConfig newProxyProtocol) {
        return new TrafficConfig(udp, limits, access, newProxyProtocol);
    }
}
