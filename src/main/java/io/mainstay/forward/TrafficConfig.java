// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * How the traffic of a service is handled, the choice of a backend apart.
 *
 * @param udp how datagrams are made into sessions; without meaning for TCP
 * @param tcp what the kernel is told about connections
 * @param limits how much is taken in
 * @param access who may come
 * @param proxyProtocol how the address of a client is told from proxy to proxy; without meaning for UDP
 * @param queue what becomes of a client that finds every backend full; without meaning for UDP
 * @param records which TCP connections leave a record
 * @param routing which clients of TLS are served by other services
 */
public record TrafficConfig(
        UdpConfig udp,
        TcpConfig tcp,
        LimitsConfig limits,
        AccessConfig access,
        ProxyProtocolConfig proxyProtocol,
        QueueConfig queue,
        RecordConfig records,
        RoutingConfig routing) {

    public static final TrafficConfig DEFAULT = new TrafficConfig(
            UdpConfig.DEFAULT,
            TcpConfig.DEFAULT,
            LimitsConfig.NONE,
            AccessConfig.EVERYBODY,
            ProxyProtocolConfig.NONE,
            QueueConfig.NONE,
            RecordConfig.NONE,
            RoutingConfig.NONE);

    public TrafficConfig withUdp(UdpConfig newUdp) {
        return new TrafficConfig(newUdp, tcp, limits, access, proxyProtocol, queue, records, routing);
    }

    public TrafficConfig withTcp(TcpConfig newTcp) {
        return new TrafficConfig(udp, newTcp, limits, access, proxyProtocol, queue, records, routing);
    }

    public TrafficConfig withLimits(LimitsConfig newLimits) {
        return new TrafficConfig(udp, tcp, newLimits, access, proxyProtocol, queue, records, routing);
    }

    public TrafficConfig withAccess(AccessConfig newAccess) {
        return new TrafficConfig(udp, tcp, limits, newAccess, proxyProtocol, queue, records, routing);
    }

    public TrafficConfig withProxyProtocol(ProxyProtocolConfig newProxyProtocol) {
        return new TrafficConfig(udp, tcp, limits, access, newProxyProtocol, queue, records, routing);
    }

    public TrafficConfig withQueue(QueueConfig newQueue) {
        return new TrafficConfig(udp, tcp, limits, access, proxyProtocol, newQueue, records, routing);
    }

    public TrafficConfig withRecords(RecordConfig newRecords) {
        return new TrafficConfig(udp, tcp, limits, access, proxyProtocol, queue, newRecords, routing);
    }

    public TrafficConfig withRouting(RoutingConfig newRouting) {
        return new TrafficConfig(udp, tcp, limits, access, proxyProtocol, queue, records, newRouting);
    }
}
