// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.RecordConfig;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Prefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** The keys by which the traffic of a service is handled, as tests of the whole configuration need them. */
final class TrafficSamples {

    /** Every key of a service, none with its default. */
    static final String YAML = """
            udp:
              session_timeout: 45s
              responses: 2
              one_packet: true
              source: client
            tcp:
              backlog: 512
              defer_accept: 3s
              keepalive: 1m
              user_timeout: 20s
              no_delay: false
              source: client
            limits:
              connections: 10000
              connections_per_source: 100
              new_connections: 500/s
              new_connections_per_source: 50/s
              ipv4_prefix: 24
              ipv6_prefix: 56
            access:
              allow: [198.51.100.0/24, "2001:db8::/32"]
              deny: [198.51.100.7]
            proxy_protocol:
              accept_from: [192.0.2.0/24]
              send: v2
            queue:
              length: 300
              timeout: 20s
            records:
              keep: failed
              one_in: 10
            routing:
              routes:
                - server_names: [WWW.example.org, "*.example.net"]
                  alpn: [h2, http/1.1]
                  service: https
              otherwise: refuse
        """;

    /** What {@link #YAML} means. */
    static final TrafficConfig MEANT = new TrafficConfig(
            new UdpConfig(Duration.ofSeconds(45), 2, true, SourceAddress.CLIENT),
            new TcpConfig(
                    512,
                    Duration.ofSeconds(3),
                    Duration.ofMinutes(1),
                    Duration.ofSeconds(20),
                    false,
                    SourceAddress.CLIENT),
            new LimitsConfig(10_000, 100, new Rate(500), new Rate(50), new AddressGrouping(24, 56)),
            new AccessConfig(
                    List.of(Prefix.parse("198.51.100.0/24"), Prefix.parse("2001:db8::/32")),
                    List.of(Prefix.parse("198.51.100.7"))),
            new ProxyProtocolConfig(List.of(Prefix.parse("192.0.2.0/24")), Optional.of(ProxyVersion.V2)),
            new QueueConfig(300, Duration.ofSeconds(20)),
            new RecordConfig(RecordConfig.Keep.FAILED, 10),
            new RoutingConfig(
                    List.of(new RouteConfig(
                            List.of("www.example.org", "*.example.net"), List.of("h2", "http/1.1"), "https")),
                    RoutingConfig.Otherwise.REFUSE));

    private TrafficSamples() {}

    /** Any handling that is allowed. */
    static TrafficConfig random(Random random) {
        return new TrafficConfig(
                new UdpConfig(
                        Duration.ofMillis(100 + random.nextInt(86_400_000 - 100)),
                        random.nextInt(1_000_001),
                        random.nextBoolean(),
                        random.nextBoolean() ? SourceAddress.NODE : SourceAddress.CLIENT),
                new TcpConfig(
                        1 + random.nextInt(1_000_000),
                        Duration.ofSeconds(random.nextInt(121)),
                        Duration.ofSeconds(random.nextInt(9 * 3600)),
                        random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(100 + random.nextInt(3_599_900)),
                        random.nextBoolean(),
                        random.nextBoolean() ? SourceAddress.NODE : SourceAddress.CLIENT),
                new LimitsConfig(
                        random.nextInt(3),
                        random.nextInt(10_000_001),
                        new Rate(random.nextInt(3)),
                        new Rate(random.nextInt(1_000_001)),
                        new AddressGrouping(1 + random.nextInt(32), 1 + random.nextInt(128))),
                new AccessConfig(prefixes(random), prefixes(random)),
                new ProxyProtocolConfig(
                        prefixes(random),
                        random.nextBoolean()
                                ? Optional.empty()
                                : Optional.of(random.nextBoolean() ? ProxyVersion.V1 : ProxyVersion.V2)),
                new QueueConfig(random.nextInt(1_000_001), Duration.ofMillis(100 + random.nextInt(3_599_900))),
                new RecordConfig(pick(random, RecordConfig.Keep.values()), 1 + random.nextInt(1_000_000)),
                new RoutingConfig(List.of(), pick(random, RoutingConfig.Otherwise.values())));
    }

    private static <T> T pick(Random random, T[] values) {
        return values[random.nextInt(values.length)];
    }

    private static List<Prefix> prefixes(Random random) {
        List<Prefix> prefixes = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            prefixes.add(
                    random.nextBoolean()
                            ? new Prefix(new Ipv4Address(random.nextInt() << 8), 24)
                            : new Prefix(new Ipv6Address(random.nextLong(), 0), 64));
        }
        return prefixes;
    }
}
