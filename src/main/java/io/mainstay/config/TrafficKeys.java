// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;

import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import java.time.Duration;
import java.util.List;

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
                "Datagrams of the backend after which the session is over, such as 1 for DNS; 0: any number.");

        static final Key.Scalar<Boolean> ONE_PACKET = Key.optional(
                "one_packet",
                ScalarTypes.bool(),
                UdpConfig.DEFAULT.onePacket(),
                "Whether a backend is chosen anew for every datagram of a client.");

        static final Key.Section SECTION = new Key.Section(
                "udp",
                List.of(SESSION_TIMEOUT, RESPONSES, ONE_PACKET),
                "For listeners with /udp: which datagrams belong together.");

        private Udp() {}
    }

    /** The handling of the traffic of a service in which no mistake was found. */
    static TrafficConfig read(WrittenSection service) {
        WrittenSection udp = service.section(Udp.SECTION);
        return new TrafficConfig(new UdpConfig(
                ConfigBuilder.get(udp, Udp.SESSION_TIMEOUT),
                ConfigBuilder.get(udp, Udp.RESPONSES),
                ConfigBuilder.get(udp, Udp.ONE_PACKET)));
    }

    static void write(TrafficConfig traffic, EffectiveConfig.Tree service) {
        service.putTree(
                Udp.SECTION,
                new EffectiveConfig.Tree()
                        .put(Udp.SESSION_TIMEOUT, traffic.udp().sessionTimeout())
                        .put(Udp.RESPONSES, traffic.udp().responses())
                        .put(Udp.ONE_PACKET, traffic.udp().onePacket()));
    }
}
