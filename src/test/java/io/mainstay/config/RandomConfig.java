// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.HashConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.PanicConfig;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.hook.HookConfig;
import io.mainstay.hook.HookProgram;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.takeover.VirtualMacConfig;
import java.nio.charset.StandardCharsets;
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
                new NodeSettings(name(99), duration(0, 600_000), random.nextInt(10_000_001), random.nextInt(1025)),
                routers,
                services,
                new KernelEngineSettings(
                        pick(List.of("", "a b#")),
                        new KernelEngineSettings.Ports(1024 + random.nextInt(100), 2000),
                        1024 + random.nextInt(1000),
                        pick(List.of(XdpChoice.values()))),
                new ControlSettings(Path.of("/tmp/a b#'\"\\: ü" + random.nextInt(10))));
    }

    private String name(int index) {
        return random.nextBoolean() && index < AWKWARD_NAMES.size()
                ? AWKWARD_NAMES.get(index)
                : "n" + index + "-" + random.nextInt(1000);
    }

    private VirtualRouterSettings virtualRouter(int index, RandomTrackers trackers) {
        VrrpVersion version = pick(List.of(VrrpVersion.values()));
        List<VirtualAddress> addresses = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            addresses.add(
                    version == VrrpVersion.V3 && random.nextBoolean()
                            ? new VirtualAddress(
                                    new Ipv6Address(0x2001_0DB8_0000_0000L, index * 256L + i + 1),
                                    1 + random.nextInt(128))
                            : new VirtualAddress(
                                    new Ipv4Address(0xC6120001 + index * 256 + i),
                                    random.nextBoolean() ? 32 : 8 + random.nextInt(17)));
        }
        Priority priority = new Priority(1 + random.nextInt(255));
        return new VirtualRouterSettings(
                new VirtualRouterConfig(
                        name(index),
                        new InterfaceName(pick(List.of("eth0", "on", "bond0.7", "a#b", "-x", "wg_1", "@'\""))),
                        new VirtualRouterId(1 + index * 60 + random.nextInt(50)),
                        priority,
                        version == VrrpVersion.V2
                                ? Duration.ofSeconds(1 + random.nextInt(40))
                                : Duration.ofMillis(10L * (1 + random.nextInt(4095))),
                        addresses,
                        new ProtocolConfig(
                                version,
                                pick(List.of(ChecksumPreference.values())),
                                version == VrrpVersion.V2 ? authentication() : Authentication.NONE,
                                random.nextBoolean() ? peers() : List.of(),
                                1 + random.nextInt(255)),
                        random.nextBoolean(),
                        duration(0, 86_400_000)),
                new AnnounceConfig(
                        1 + random.nextInt(100), random.nextBoolean() ? Duration.ZERO : duration(1000, 86_400_000)),
                version == VrrpVersion.V3 && random.nextBoolean() ? signed() : AuthenticationSettings.NONE,
                random.nextInt(4) == 0 ? Optional.of("group" + index) : Optional.empty(),
                trackers.next(priority),
                random.nextBoolean() ? HookConfig.NONE : hooks(),
                priority.isOwner() || random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new VirtualMacConfig(pick(List.of("vrrp", "lan-", "a.b_c")))),
                random.nextBoolean() ? Duration.ZERO : duration(1, 60_000));
    }

    private AuthenticationSettings signed() {
        List<Integer> ids = List.of(1, 2, 255);
        return new AuthenticationSettings(
                new AuthenticationConfig(
                        pick(List.of(AuthenticationConfig.Mode.values())),
                        ids.stream()
                                .map(id -> ConfigFileTest.keyIn(id, "/keys/a b: " + id))
                                .toList(),
                        pick(ids),
                        duration(90_000, 300_000)),
                ids.stream().map(id -> "/keys/a b: " + id).toList());
    }

    private HookConfig hooks() {
        return new HookConfig(
                List.of(HookProgram.parse("/hooks/up"), new HookProgram(List.of("/hooks/a b: 'c'", "\\", "#x"))),
                List.of(),
                List.of(HookProgram.parse("/hooks/[x]")),
                Duration.ofMillis(10 + random.nextInt(3_600_000)));
    }

    private static List<IpAddress> peers() {
        return List.of(IpAddress.parse("198.51.100.2"), IpAddress.parse("2001:db8:1::2"), IpAddress.parse("10.0.0.7"));
    }

    private Authentication authentication() {
        byte[] password = pick(List.of("", "1111", "true", "a#b: c".replace(" ", ""), "'\"{}", "12345678"))
                .getBytes(StandardCharsets.US_ASCII);
        return password.length == 0 ? Authentication.NONE : Authentication.SimplePassword.ofOctets(password);
    }

    private ServiceSettings service(int index) {
        List<ListenerConfig> listeners = new ArrayList<>();
        int listenerCount = 1 + random.nextInt(3);
        for (int i = 0; i < listenerCount; i++) {
            int port = 1000 + index * 100 + i * 10;
            listeners.add(
                    new ListenerConfig(endpoint(port), port + random.nextInt(10), pick(List.of(Transport.values()))));
        }
        List<BackendConfig> backends = new ArrayList<>();
        int backendCount = 1 + random.nextInt(4);
        for (int i = 0; i < backendCount; i++) {
            backends.add(new BackendConfig(
                    name(i),
                    endpoint(2000 + i),
                    random.nextInt(1001),
                    random.nextBoolean() ? 0 : random.nextInt(10_000_001),
                    random.nextBoolean()));
        }
        return new ServiceSettings(
                new ServiceConfig(
                        name(index),
                        listeners,
                        selection(),
                        duration(0, 604_800_000),
                        new TimeoutConfig(
                                duration(10, 300_000),
                                duration(100, 604_800_000),
                                duration(100, 604_800_000),
                                duration(100, 300_000)),
                        backends),
                new EngineSettings(
                        pick(List.of(EngineChoice.values())),
                        pick(List.of(Forwarding.values())),
                        random.nextBoolean() ? List.of() : List.of(IpAddress.parse("192.0.2.1"))),
                health(),
                TrafficSamples.random(random));
    }

    private ServiceHealthConfig health() {
        List<HealthCheckConfig> checks = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            checks.add(check());
        }
        Duration timeout = duration(10, 80_000_000);
        return new ServiceHealthConfig(
                checks,
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new AgentCheckConfig(
                                1 + random.nextInt(65535), timeout.plusMillis(50), timeout, payload())),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new OutlierConfig(
                                1 + random.nextInt(10_000),
                                duration(1000, 3_600_000),
                                random.nextInt(101),
                                random.nextBoolean())),
                pick(List.of(ServiceHealthConfig.OnDown.values())));
    }

    private HealthCheckConfig check() {
        Duration timeout = duration(10, 80_000_000);
        Duration interval = timeout.plusMillis(50 + random.nextInt(10_000));
        return new HealthCheckConfig(
                probe(),
                random.nextBoolean() ? 0 : 1 + random.nextInt(65535),
                new HealthCheckConfig.Pace(
                        interval,
                        random.nextBoolean() ? interval : Duration.ofMillis(50 + random.nextInt(10)),
                        timeout,
                        1 + random.nextInt(100),
                        1 + random.nextInt(100)));
    }

    private Payload payload() {
        return new Payload(pick(List.of("", "PING\r\n", "hex:00 ff", "\u0000\u0085\u2028\uFEFF\t\"'\\", "üñ 010")));
    }

    private Payload something() {
        return new Payload(pick(List.of("x", "PING\r\n", "hex:00ff", "on")));
    }

    private HealthCheckConfig.TlsConfig tls() {
        boolean verify = random.nextBoolean();
        return new HealthCheckConfig.TlsConfig(
                pick(List.of("", "www.example.org", "x")),
                verify,
                verify && random.nextBoolean() ? Optional.of("/etc/a b#.pem") : Optional.empty());
    }

    private SelectionConfig selection() {
        SelectionConfig selection = SelectionConfig.of(pick(List.of(Balance.values())))
                .withHash(new HashConfig(
                        pick(List.of(HashConfig.Key.values())),
                        grouping(),
                        random.nextBoolean() ? 0 : 101 + random.nextInt(900),
                        pick(List.of("", "s", "\"'\\ #: {}", "010"))))
                .withPanic(new PanicConfig(minHealthy(), pick(List.of(PanicConfig.OnPanic.values()))))
                .withSlowStart(random.nextBoolean() ? Duration.ZERO : duration(1000, 3_600_000));
        return random.nextBoolean()
                ? selection
                : selection.withPersistence(new PersistenceConfig(
                        grouping(),
                        duration(1000, 604_800_000),
                        1 + random.nextInt(1_000_000),
                        pick(List.of(PersistenceConfig.DuringDrain.values())),
                        pick(List.of(PersistenceConfig.WhenFull.values()))));
    }

    private AddressGrouping grouping() {
        return new AddressGrouping(1 + random.nextInt(32), 1 + random.nextInt(128));
    }

    private PanicConfig.MinHealthy minHealthy() {
        boolean percent = random.nextBoolean();
        return new PanicConfig.MinHealthy(1 + random.nextInt(percent ? 100 : 1024), percent);
    }

    private HealthCheckConfig.Probe probe() {
        return switch (random.nextInt(6)) {
            case 0 -> new HealthCheckConfig.Tcp(payload(), payload());
            case 1 -> new HealthCheckConfig.Tls(tls());
            case 2 -> new HealthCheckConfig.Udp(something(), payload(), random.nextBoolean());
            case 3 ->
                new HealthCheckConfig.Dns(
                        pick(List.of(".", "example.org", "a_b.example.", "no")),
                        pick(List.of(HealthCheckConfig.DnsType.values())),
                        pick(List.of("", "192.0.2.1", "2001:db8::1")));
            case 4 -> new HealthCheckConfig.Exec(pick(List.of(List.of("/bin/true"), List.of("/x", "", "a b", "010"))));
            default -> http();
        };
    }

    private HealthCheckConfig.Http http() {
        int lowest = 100 + random.nextInt(500);
        String method = pick(List.of("GET", "HEAD", "OPTIONS"));
        return new HealthCheckConfig.Http(
                method,
                pick(List.of("/", "/a?b=c#d", "/\"'\\", "/:x", "/{}")),
                pick(List.of("", "example.org", "10.0.0.1:80", "[::1]")),
                pick(List.of(List.of(), List.of("A: b"), List.of("X-Y: \"'#: {}", "Z: "))),
                lowest,
                lowest + random.nextInt(600 - lowest),
                method.equals("HEAD") ? Payload.NONE : payload(),
                random.nextBoolean() ? Optional.empty() : Optional.of(tls()));
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
