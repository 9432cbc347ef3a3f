// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.hook.HookConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Any configuration that passes the checks, from a seed. */
final class RandomConfig {

    /** Names that YAML readers like to take for something else. */
    private static final List<String> AWKWARD_NAMES = List.of(
            "no", "on", "010", "1:30", "1e3", "0x1F", "null", "2026-11-23", "[a]", "a:", "a--b", "1_000", "true");

    private final Random random;

    RandomConfig(Random random) {
        this.random = random;
    }

    MainstayConfig next() {
        List<ServiceSettings> services = new ArrayList<>();
        int serviceCount = random.nextInt(4);
        for (int i = 0; i < serviceCount; i++) {
            services.add(service(i));
        }
        RandomTrackers trackers = new RandomTrackers(
                random, services.stream().map(each -> each.service().name()).toList());
        List<VirtualRouterSettings> routers = new ArrayList<>();
        int routerCount = random.nextInt(4);
        for (int i = 0; i < routerCount; i++) {
            routers.add(virtualRouter(i, trackers));
        }
        return new MainstayConfig(
                new NodeSettings(name(99), duration(0, 600_000)),
                routers,
                services,
                new ControlSettings(Path.of("/tmp/a b#'\"\\: ü" + random.nextInt(10))));
    }

    private String name(int index) {
        return random.nextBoolean() && index < AWKWARD_NAMES.size()
                ? AWKWARD_NAMES.get(index)
                : "n" + index + "-" + random.nextInt(1000);
    }

    private VirtualRouterSettings virtualRouter(int index, RandomTrackers trackers) {
        List<VirtualAddress> addresses = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            addresses.add(new VirtualAddress(
                    new Ipv4Address(0xC6120001 + index * 256 + i), random.nextBoolean() ? 32 : 8 + random.nextInt(17)));
        }
        Priority priority = new Priority(1 + random.nextInt(255));
        return new VirtualRouterSettings(
                new VirtualRouterConfig(
                        name(index),
                        new InterfaceName(pick(List.of("eth0", "on", "bond0.7", "a#b", "-x", "wg_1", "@'\""))),
                        new VirtualRouterId(1 + index * 60 + random.nextInt(50)),
                        priority,
                        Duration.ofMillis(10L * (1 + random.nextInt(4095))),
                        addresses,
                        pick(List.of(ChecksumPreference.values())),
                        random.nextBoolean(),
                        duration(0, 86_400_000)),
                new AnnounceConfig(
                        1 + random.nextInt(100), random.nextBoolean() ? Duration.ZERO : duration(1000, 86_400_000)),
                random.nextInt(4) == 0 ? Optional.of("group" + index) : Optional.empty(),
                trackers.next(priority),
                random.nextBoolean() ? HookConfig.NONE : hooks());
    }

    private HookConfig hooks() {
        return new HookConfig(
                List.of("/hooks/up", "/hooks/a b: 'c'"),
                List.of(),
                List.of("/hooks/[x]"),
                Duration.ofMillis(10 + random.nextInt(3_600_000)));
    }

    private ServiceSettings service(int index) {
        List<ListenerConfig> listeners = new ArrayList<>();
        int listenerCount = 1 + random.nextInt(3);
        for (int i = 0; i < listenerCount; i++) {
            listeners.add(new ListenerConfig(endpoint(1000 + index * 10 + i), Transport.TCP));
        }
        List<BackendConfig> backends = new ArrayList<>();
        int backendCount = 1 + random.nextInt(4);
        for (int i = 0; i < backendCount; i++) {
            backends.add(new BackendConfig(name(i), endpoint(2000 + i), random.nextInt(1001)));
        }
        Duration timeout = duration(10, 80_000_000);
        return new ServiceSettings(
                new ServiceConfig(
                        name(index),
                        listeners,
                        pick(List.of(Balance.values())),
                        duration(0, 604_800_000),
                        new TimeoutConfig(
                                duration(10, 300_000), duration(100, 604_800_000), duration(100, 604_800_000)),
                        backends),
                pick(List.of(EngineChoice.values())),
                new HealthCheckConfig(
                        probe(),
                        timeout.plusMillis(50 + random.nextInt(10_000)),
                        timeout,
                        1 + random.nextInt(100),
                        1 + random.nextInt(100)));
    }

    private HealthCheckConfig.Probe probe() {
        if (random.nextBoolean()) {
            return new HealthCheckConfig.Tcp();
        }
        int lowest = 100 + random.nextInt(500);
        return new HealthCheckConfig.Http(
                pick(List.of("/", "/a?b=c#d", "/\"'\\", "/: x".replace(" ", ""), "/{}")),
                pick(List.of("", "example.org", "10.0.0.1:80", "[::1]")),
                lowest,
                lowest + random.nextInt(600 - lowest));
    }

    private Endpoint endpoint(int port) {
        return random.nextInt(4) == 0
                ? new Endpoint(new Ipv6Address(0x2001_0DB8_0000_0000L, random.nextLong()), port)
                : new Endpoint(new Ipv4Address(0x0A000001 + random.nextInt(200)), port);
    }

    private Duration duration(long leastMillis, long mostMillis) {
        long millis = leastMillis + random.nextLong(mostMillis - leastMillis + 1);
        long unit = pick(List.of(1L, 1000L, 60_000L, 3_600_000L));
        return Duration.ofMillis(Math.max(leastMillis, millis / unit * unit));
    }

    private <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
