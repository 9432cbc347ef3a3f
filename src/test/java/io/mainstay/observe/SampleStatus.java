// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import io.mainstay.observe.BackendStatus.DrainProgress;
import io.mainstay.observe.BackendStatus.LastCheck;
import io.mainstay.observe.BackendStatus.Latency;
import io.mainstay.observe.BackendStatus.Quantiles;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A snapshot with something in every field. */
public final class SampleStatus {

    public static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    private SampleStatus() {}

    /** A node that is Active for one virtual router and Backup for another, with a healthy and a drained service. */
    public static StatusSnapshot snapshot() {
        return snapshot(5, false);
    }

    /** The same with so many connections on the backend that is drained, and clients that may come back to it or not. */
    public static StatusSnapshot snapshot(long connectionsLeft, boolean clientsMayReturn) {
        Map<String, Long> discards = new LinkedHashMap<>();
        discards.put("ttl", 3L);
        discards.put("checksum", 1L);
        return new StatusSnapshot(
                "lb1",
                new ProductVersion("0.1.0", "abcdef012345", "2026-01-01T00:00:00Z"),
                "0123456789ab",
                NOW,
                NOW.minus(Duration.ofHours(26)),
                List.of(
                        new VirtualRouterStatus(
                                "web",
                                51,
                                "eth0",
                                VirtualRouterStatus.State.ACTIVE,
                                "no advertisement for 3.61s",
                                250,
                                250,
                                Duration.ofMillis(100),
                                List.of("198.51.100.10/24", "198.51.100.11/24"),
                                "198.51.100.1",
                                NOW.minus(Duration.ofSeconds(123)),
                                3,
                                "pseudo_header",
                                false,
                                false,
                                1200,
                                7,
                                Duration.ofMillis(1_250),
                                discards,
                                List.of("messages of 198.51.100.9 are discarded: it speaks VRRPv2"),
                                "250",
                                List.of(),
                                List.of("00:00:5e:00:01:33 on vrrp4-51")),
                        new VirtualRouterStatus(
                                "db",
                                52,
                                "eth1",
                                VirtualRouterStatus.State.BACKUP,
                                "",
                                100,
                                90,
                                Duration.ofSeconds(1),
                                List.of("198.51.101.10/24"),
                                null,
                                NOW.minus(Duration.ofMillis(4_200)),
                                1,
                                "rfc9568",
                                false,
                                true,
                                0,
                                0,
                                Duration.ZERO,
                                Map.of(),
                                List.of(),
                                "100 - 10 (script db) = 90",
                                List.of(new TrackerStatus(
                                        "script",
                                        "db",
                                        TrackerStatus.State.DOWN,
                                        "-10",
                                        -10,
                                        "exit status 1",
                                        NOW.minus(Duration.ofSeconds(4)))),
                                List.of())),
                List.of(
                        new ServiceStatus(
                                "https",
                                List.of("198.51.100.10:443/tcp", "198.51.100.11:443/tcp"),
                                "proxy",
                                "",
                                "least_conn",
                                ServiceStatus.State.SERVING,
                                "healthy",
                                12,
                                3,
                                34_567,
                                1_234_567_890_123L,
                                2_048,
                                new Packets(3_000_000_000L, 12),
                                Map.of("no_backend", 2L),
                                List.of(
                                        backend("web1", BackendStatus.State.HEALTHY, 12, false),
                                        backend("web2", BackendStatus.State.UNHEALTHY, 0, false),
                                        backend(
                                                "web3",
                                                BackendStatus.State.DRAINING,
                                                connectionsLeft,
                                                clientsMayReturn)),
                                new ServiceStatus.SourcePorts(18_500, 22_528, 2, "web1")),
                        new ServiceStatus(
                                "ssh",
                                List.of("198.51.100.10:22/tcp"),
                                "proxy",
                                "",
                                "round_robin",
                                ServiceStatus.State.STANDBY,
                                "healthy",
                                0,
                                0,
                                0,
                                0,
                                0,
                                null,
                                Map.of(),
                                List.of(new BackendStatus(
                                        "web1",
                                        "10.0.0.11:22",
                                        BackendStatus.State.MAINTENANCE,
                                        "maintenance requested",
                                        true,
                                        0,
                                        0,
                                        7,
                                        0,
                                        0,
                                        0,
                                        0,
                                        null,
                                        NOW,
                                        null,
                                        null,
                                        null)),
                                null)),
                new StatusSnapshot.Connections(17, 65_000),
                Map.of("flow_adopted", 3L),
                Map.of("eth0", "tc and XDP"));
    }

    private static BackendStatus backend(
            String name, BackendStatus.State state, long connections, boolean clientsMayReturn) {
        boolean draining = state == BackendStatus.State.DRAINING;
        boolean passed = state != BackendStatus.State.UNHEALTHY;
        return new BackendStatus(
                name,
                "10.0.0.1" + name.charAt(3) + ":8443",
                state,
                passed ? "check: connected" : "check: refused",
                false,
                100,
                passed ? 100 : 25,
                0,
                connections,
                connections * 10,
                connections * 1_000,
                connections * 100_000,
                draining ? null : new Packets(connections * 20, connections * 30),
                NOW.minus(Duration.ofMinutes(90)),
                draining
                        ? new DrainProgress(
                                8,
                                NOW.plusSeconds(42),
                                NOW.plusSeconds(17),
                                NOW.minus(Duration.ofHours(3)),
                                clientsMayReturn)
                        : null,
                new LastCheck(
                        NOW.minusSeconds(2), passed, Duration.ofNanos(1_250_000), passed ? "connected" : "refused"),
                draining
                        ? null
                        : new Latency(
                                new Quantiles(12, Duration.ofNanos(210_000), Duration.ofNanos(1_125_000)),
                                passed ? null : new Quantiles(1, Duration.ofMillis(20), Duration.ofMillis(21))));
    }
}
