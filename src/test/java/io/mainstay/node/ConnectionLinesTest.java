// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.proxy.ConnectionRecord;
import io.mainstay.forward.proxy.RefusalReason;
import io.mainstay.net.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConnectionLinesTest {

    @Test
    void aRecordIsOneLineOfJson() {
        ConnectionRecord record = new ConnectionRecord(
                Instant.parse("2026-01-02T03:04:05.678Z"),
                "https",
                Endpoint.parse("[2001:db8::7]:4242"),
                Endpoint.parse("192.0.2.1:50000"),
                Endpoint.parse("198.51.100.10:443"),
                Optional.of("web1"),
                "RC",
                Optional.of(RefusalReason.CONNECT_FAILED),
                12,
                0,
                Duration.ofMillis(3004),
                2,
                Duration.ofMillis(1),
                Duration.ofSeconds(3),
                3);
        assertThat(ConnectionLines.line(record))
                .isEqualTo(
                        "{\"time\":\"2026-01-02T03:04:05.678Z\",\"service\":\"https\",\"client\":\"[2001:db8::7]:4242\","
                                + "\"peer\":\"192.0.2.1:50000\",\"arrived_at\":\"198.51.100.10:443\",\"backend\":\"web1\","
                                + "\"state\":\"RC\",\"refused\":\"connect_failed\",\"bytes_in\":12,\"bytes_out\":0,"
                                + "\"duration_us\":3004000,\"queue_position\":2,\"queued_us\":1000,\"connect_us\":3000000,\"attempts\":3}");
    }
}
