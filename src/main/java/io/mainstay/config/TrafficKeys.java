// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.net.Prefix;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys of a service by which its traffic is handled, the choice of a backend apart. */
final class TrafficKeys {

    private TrafficKeys() {}

    /** Below {@code udp} of a service. */
    static final class Udp {
        static final Key.Scalar<Duration> SESSION_TIMEOUT = Key.optional(
                "session_timeout",
                ScalarTypes.duration(ofMillis(100), ofDays(1)),
                UdpConfig.DEFAULT.sessionTimeout(),
                "How long a client may be silent, and its backend towards it, before it is forgotten which backend it"
                        + " has.");

        static final Key.Scalar<Integer> RESPONSES = Key.optional(
                "responses",
                ScalarTypes.integer(0, 1_000_000),
                UdpConfig.DEFAULT.responses(),
                "Datagrams with which the backend answers each of the client, such as 1 for DNS; when all have come the"
                        + " session is over. 0: any number.");

        static final Key.Scalar<Boolean> ONE_PACKET = Key.optional(
                "one_packet",
                ScalarTypes.bool(),
                UdpConfig.DEFAULT.onePacket(),
                "Whether a backend is chosen anew for every datagram of a client.");

        static final Key.Scalar<SourceAddress> SOURCE = Key.optional(
                "source",
                ScalarTypes.word(SourceAddress.class),
                UdpConfig.DEFAULT.source(),
                "Whose address and port the backends see: those of this node, or those of the client. The latter needs"
                        + " routes, see docs/traffic.md.");

        static final Key.Section SECTION = new Key.Section(
                "udp",
                List.of(SESSION_TIMEOUT, RESPONSES, ONE_PACKET, SOURCE),
                "For listeners with /udp: which datagrams belong together.");

        private Udp() {}
    }

    /** Below {@code limits} of a service. */
    static final class Limits {
        static final Key.Scalar<Integer> CONNECTIONS = Key.optional(
                "connections",
                ScalarTypes.integer(0, 10_000_000),
                0,
                "How many connections the service has at the same time; 0: any number.");

        static final Key.Scalar<Integer> CONNECTIONS_PER_SOURCE = Key.optional(
                "connections_per_source",
                ScalarTypes.integer(0, 10_000_000),
                0,
                "How many connections of one source it has at the same time; 0: any number.");

        static final Key.Scalar<Rate> NEW_CONNECTIONS = Key.optional(
                "new_connections",
                rate(),
                Rate.UNLIMITED,
                "How many new connections are taken; as many as in a second may come at once.");

        static final Key.Scalar<Rate> NEW_CONNECTIONS_PER_SOURCE =
                Key.optional("new_connections_per_source", rate(), Rate.UNLIMITED, "The same for one source.");

        static final Key.Scalar<Integer> IPV4_PREFIX = Key.optional(
                "ipv4_prefix",
                ScalarTypes.integer(1, 32),
                AddressGrouping.DEFAULT.ipv4PrefixLength(),
                "IPv4 clients whose addresses agree in so many leading bits are one source.");

        static final Key.Scalar<Integer> IPV6_PREFIX = Key.optional(
                "ipv6_prefix",
                ScalarTypes.integer(1, 128),
                AddressGrouping.DEFAULT.ipv6PrefixLength(),
                "The same for IPv6, where a host has many addresses of one network.");

        static final Key.Section SECTION = new Key.Section(
                "limits",
                List.of(
                        CONNECTIONS,
                        CONNECTIONS_PER_SOURCE,
                        NEW_CONNECTIONS,
                        NEW_CONNECTIONS_PER_SOURCE,
                        IPV4_PREFIX,
                        IPV6_PREFIX),
                "How much the service takes in. What is beyond is reset and counted. Each node counts for itself.");

        private Limits() {}
    }

    /** Below {@code access} of a service. */
    static final class Access {
        private static final int MOST_NETWORKS = 65_536;

        static final Key.Values<Prefix> ALLOW = new Key.Values<>(
                "allow", prefix(), 0, MOST_NETWORKS, false, "Who may use the service; without any, everybody may.");

        static final Key.Values<Prefix> DENY =
                new Key.Values<>("deny", prefix(), 0, MOST_NETWORKS, false, "Who may not.");

        static final Key.Section SECTION = new Key.Section(
                "access",
                List.of(ALLOW, DENY),
                "Which networks may use the service. The smallest network that holds the client decides; one in both"
                        + " lists is denied.");

        private Access() {}
    }

    /** Below {@code proxy_protocol} of a service. */
    static final class ProxyProtocol {
        /** Which header goes out. */
        enum Send {
            NONE,
            V1,
            V2
        }

        static final Key.Values<Prefix> ACCEPT_FROM = new Key.Values<>(
                "accept_from",
                prefix(),
                0,
                1024,
                false,
                "The networks of proxies whose connections begin with a header, version 1 or 2, that tells for whom they"
                        + " are. From elsewhere no header is read.");

        static final Key.Scalar<Send> SEND = Key.optional(
                "send",
                ScalarTypes.word(Send.class),
                Send.NONE,
                "The header with which every connection to a backend begins.");

        static final Key.Section SECTION = new Key.Section(
                "proxy_protocol",
                List.of(ACCEPT_FROM, SEND),
                "For listeners with /tcp: how the address of the client is told from proxy to proxy.");

        private ProxyProtocol() {}

        private static ProxyProtocolConfig read(WrittenSection section) {
            return new ProxyProtocolConfig(
                    prefixes(section, ACCEPT_FROM),
                    switch (ConfigBuilder.get(section, SEND)) {
                        case NONE -> Optional.empty();
                        case V1 -> Optional.of(ProxyVersion.V1);
                        case V2 -> Optional.of(ProxyVersion.V2);
                    });
        }

        private static EffectiveConfig.Tree write(ProxyProtocolConfig config) {
            Send send = config.send()
                    .map(v -> v == ProxyVersion.V1 ? Send.V1 : Send.V2)
                    .orElse(Send.NONE);
            return new EffectiveConfig.Tree()
                    .putAll(ACCEPT_FROM, config.acceptFrom())
                    .put(SEND, send);
        }
    }

    private static ScalarType<Rate> rate() {
        return new ScalarType<>(
                "1/s..1000000/s, or none",
                ScalarType.Form.TEXT,
                text -> {
                    if (text.equals("none")) {
                        return Rate.UNLIMITED;
                    }
                    if (!text.endsWith("/s")) {
                        throw new IllegalArgumentException(text);
                    }
                    return new Rate(ScalarTypes.decimal(text.substring(0, text.length() - 2), 1, 1_000_000));
                },
                rate -> rate.isLimited() ? rate.perSecond() + "/s" : "none");
    }

    private static ScalarType<Prefix> prefix() {
        return new ScalarType<>(
                "a network such as 203.0.113.0/24 or 2001:db8::/32, or a single address",
                ScalarType.Form.TEXT,
                Prefix::parse,
                Prefix::toString);
    }

    private static List<Prefix> prefixes(WrittenSection access, Key.Values<Prefix> key) {
        return access.items(key).stream().map(WrittenSection.Item::value).toList();
    }

    /** The handling of the traffic of a service in which no mistake was found. */
    static TrafficConfig read(WrittenSection service) {
        WrittenSection udp = service.section(Udp.SECTION);
        WrittenSection limits = service.section(Limits.SECTION);
        WrittenSection access = service.section(Access.SECTION);
        return new TrafficConfig(
                new UdpConfig(
                        ConfigBuilder.get(udp, Udp.SESSION_TIMEOUT),
                        ConfigBuilder.get(udp, Udp.RESPONSES),
                        ConfigBuilder.get(udp, Udp.ONE_PACKET),
                        ConfigBuilder.get(udp, Udp.SOURCE)),
                TcpKeys.read(service.section(TcpKeys.SECTION)),
                new LimitsConfig(
                        ConfigBuilder.get(limits, Limits.CONNECTIONS),
                        ConfigBuilder.get(limits, Limits.CONNECTIONS_PER_SOURCE),
                        ConfigBuilder.get(limits, Limits.NEW_CONNECTIONS),
                        ConfigBuilder.get(limits, Limits.NEW_CONNECTIONS_PER_SOURCE),
                        new AddressGrouping(
                                ConfigBuilder.get(limits, Limits.IPV4_PREFIX),
                                ConfigBuilder.get(limits, Limits.IPV6_PREFIX))),
                new AccessConfig(prefixes(access, Access.ALLOW), prefixes(access, Access.DENY)),
                ProxyProtocol.read(service.section(ProxyProtocol.SECTION)),
                QueueKeys.read(service.section(QueueKeys.SECTION)),
                RecordKeys.read(service.section(RecordKeys.SECTION)),
                RoutingKeys.read(service.section(RoutingKeys.SECTION)));
    }

    static void write(TrafficConfig traffic, EffectiveConfig.Tree service) {
        service.putTree(
                Udp.SECTION,
                new EffectiveConfig.Tree()
                        .put(Udp.SESSION_TIMEOUT, traffic.udp().sessionTimeout())
                        .put(Udp.RESPONSES, traffic.udp().responses())
                        .put(Udp.ONE_PACKET, traffic.udp().onePacket())
                        .put(Udp.SOURCE, traffic.udp().source()));
        service.putTree(TcpKeys.SECTION, TcpKeys.write(traffic.tcp()));
        LimitsConfig limits = traffic.limits();
        service.putTree(
                Limits.SECTION,
                new EffectiveConfig.Tree()
                        .put(Limits.CONNECTIONS, limits.connections())
                        .put(Limits.CONNECTIONS_PER_SOURCE, limits.connectionsPerSource())
                        .put(Limits.NEW_CONNECTIONS, limits.newConnections())
                        .put(Limits.NEW_CONNECTIONS_PER_SOURCE, limits.newConnectionsPerSource())
                        .put(Limits.IPV4_PREFIX, limits.source().ipv4PrefixLength())
                        .put(Limits.IPV6_PREFIX, limits.source().ipv6PrefixLength()));
        service.putTree(
                Access.SECTION,
                new EffectiveConfig.Tree()
                        .putAll(Access.ALLOW, traffic.access().allow())
                        .putAll(Access.DENY, traffic.access().deny()));
        service.putTree(ProxyProtocol.SECTION, ProxyProtocol.write(traffic.proxyProtocol()));
        service.putTree(QueueKeys.SECTION, QueueKeys.write(traffic.queue()));
        service.putTree(RecordKeys.SECTION, RecordKeys.write(traffic.records()));
        service.putTree(RoutingKeys.SECTION, RoutingKeys.write(traffic.routing()));
    }
}
