// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import java.time.Duration;
import java.util.Random;

/** The keys by which the traffic of a service is handled, as tests of the whole configuration need them. */
final class TrafficSamples {

    /** Every key of a service, none with its default. */
    static final String YAML = """
            udp:
              session_timeout: 45s
              responses: 2
              one_packet: true
        """;

    /** What {@link #YAML} means. */
    static final TrafficConfig MEANT = new TrafficConfig(new UdpConfig(Duration.ofSeconds(45), 2, true));

    private TrafficSamples() {}

    /** Any handling that is allowed. */
    static TrafficConfig random(Random random) {
        return new TrafficConfig(new UdpConfig(
                Duration.ofMillis(100 + random.nextInt(86_400_000 - 100)),
                random.nextInt(1_000_001),
                random.nextBoolean()));
    }
}
