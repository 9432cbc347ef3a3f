// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.valid;
import static org.assertj.core.api.Assertions.assertThat;

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
import io.mainstay.forward.TrafficConfig;
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
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.takeover.VirtualMacConfig;
import io.mainstay.track.Effect;
import io.mainstay.track.Pace;
import io.mainstay.track.TrackerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One test for all defaults, and one that sets every key to something else. */
class ConfigDefaultsTest {

    static final String SHORTEST = """
        virtual_routers:
          - interface: eth0
            vrid: 51
            addresses: [198.51.100.10/24]
        services:
          - listen: 198.51.100.10:443
            backends:
              - address: 10.0.0.11:8443
        """;

    static final String EVERY_KEY = """
        node:
          name: lb1
          startup_delay: 20s
          max_connections: 50000
          relay_threads: 3
        virtual_routers:
          - name: web
            interface: bond0.7
            vrid: 7
            priority: 250
            advertisement_interval: 40.95s
            addresses:
              - 198.51.100.10/24
              - 198.51.100.11
            version: 3
            checksum: pseudo_header
            preempt: false
            preempt_delay: 1.5s
            drain_timeout: 1m
            virtual_mac: true
            virtual_mac_prefix: lan
            authentication:
              mode: permissive
              keys: [{id: 1, file: /keys/old}, {id: 7, file: /keys/new}]
              active_key: 7
              window: 200s
            announce:
              repeat: 9
              refresh: 0s
            sync_group: gateway
            track:
              interfaces:
                - {name: eth1, address: true, interval: 2s, failures: 2, success: 3, weight: -50}
              neighbours:
                - {name: uplink, interface: eth1, addresses: [10.0.0.1, 10.0.0.2], interval: 2s, failures: 4, success: 2, weight: -40}
              scripts:
                - name: db
                  command: [/usr/local/bin/check-db, "--host", 10.0.0.1]
                  interval: 5s
                  timeout: 4s
                  failures: 1
                  success: 1
                  weight: -10
              processes:
                - {name: haproxy, pid_file: /run/haproxy.pid, interval: 100ms, failures: 2, success: 2, weight: 3}
              files:
                - {path: /run/weight, content: weight, interval: 3s, failures: 2, success: 2}
                - {path: /run/ready, weight: -253}
              services:
                - {name: https, weight: -100}
            hooks:
              on_active: /etc/mainstay/hooks/up now
              on_backup: [/etc/mainstay/hooks/down, /etc/mainstay/hooks/tell]
              on_fault: [/etc/mainstay/hooks/tell]
              timeout: 5s
          - name: old
            interface: bond0.7
            vrid: 8
            addresses: [198.51.100.20/24]
            version: 2
            password: "1111"
            unicast_peers: [198.51.100.2]
            unicast_min_ttl: 254
        services:
          - name: https
            listen: [198.51.100.10:443/tcp, "[2001:db8::1]:443", 0.0.0.0:8443]
            engine: kernel
            forwarding: nat
            source_addresses: [198.51.100.10]
            balance: maglev
            hash:
              key: source_port
              ipv4_prefix: 24
              ipv6_prefix: 56
              max_load: 125%
              seed: "x y"
            min_healthy: 50%
            on_panic: all
            slow_start: 30s
            persistence:
              type: source_ip
              timeout: 5m
              max_clients: 1000
              ipv4_prefix: 28
              ipv6_prefix: 48
              during_drain: allow
              when_full: wait
            health_check:
              - type: https
                port: 8444
                interval: 2s
                fast_interval: 500ms
                timeout: 250ms
                failures: 4
                success: 5
                expect: "all fine"
                method: POST
                path: /ready?deep=1
                host: www.example.org:8443
                headers: ["X-Check: yes", "Authorization: Bearer x"]
                status: 204
                server_name: www.example.org
                verify: true
                ca_file: /etc/ca.pem
              - {type: tcp, send: "PING\\r\\n", expect: "hex:2b 50"}
              - {type: udp, send: x, require_answer: false}
              - {type: dns, query: example.org, query_type: aaaa, expect: "2001:db8::1"}
              - {type: exec, command: [/usr/local/bin/check, --deep]}
            agent_check:
              port: 9707
              interval: 5s
              timeout: 1s
              send: "web\\n"
            outlier_detection:
              consecutive_failures: 7
              count_resets: true
              ejection_time: 1m
              max_ejected: 30%
            on_backend_down: reset
            drain_timeout: 0s
        """ + TrafficSamples.YAML + """
            timeouts:
              connect: 1s
              idle: 1h
              half_closed: 45s
              opening: 2s
            backends:
              - name: web1
                address: 10.0.0.11:8443
                weight: 0
                max_connections: 2000
                backup: true
              - name: web2
                address: "[2001:db8::2]:443"
                weight: 1000
        kernel_engine:
          secret: a secret
          source_ports: 20000-29999
          max_flows: 65536
          xdp: auto
        control:
          socket: /tmp/m/c.sock
        """;

    @Test
    void everythingButTheNecessaryHasADefault() {
        MainstayConfig config = valid(SHORTEST);
        assertThat(config)
                .isEqualTo(new MainstayConfig(
                        new NodeSettings("lb9"),
                        List.of(new VirtualRouterSettings(
                                new VirtualRouterConfig(
                                        "eth0-51",
                                        new InterfaceName("eth0"),
                                        new VirtualRouterId(51),
                                        new Priority(100),
                                        Duration.ofSeconds(1),
                                        List.of(VirtualAddress.parse("198.51.100.10/24")),
                                        ProtocolConfig.DEFAULT,
                                        true,
                                        Duration.ZERO),
                                new AnnounceConfig(5, Duration.ofMinutes(1)))),
                        List.of(new ServiceSettings(
                                new ServiceConfig(
                                        "198.51.100.10:443",
                                        List.of(listener("198.51.100.10:443")),
                                        SelectionConfig.of(Balance.LEAST_CONN),
                                        Duration.ofMinutes(1),
                                        new TimeoutConfig(
                                                Duration.ofSeconds(3), Duration.ofMinutes(5), Duration.ofSeconds(30)),
                                        List.of(new BackendConfig(
                                                "10.0.0.11:8443", Endpoint.parse("10.0.0.11:8443"), 100))),
                                EngineSettings.DEFAULT,
                                ServiceHealthConfig.of(new HealthCheckConfig(
                                        new HealthCheckConfig.Tcp(),
                                        Duration.ofSeconds(10),
                                        Duration.ofSeconds(3),
                                        3,
                                        2)),
                                TrafficConfig.DEFAULT)),
                        KernelEngineSettings.DEFAULT,
                        new ControlSettings(Path.of("/run/mainstay/control.sock"))));
    }

    @Test
    void anHttpCheckAsksForTheRootAndTakesAnySuccess() {
        MainstayConfig config = valid(SHORTEST + "    health_check: {type: http}\n");
        assertThat(config.services().getFirst().health().checks().getFirst().probe())
                .isEqualTo(new HealthCheckConfig.Http("/", "", 200, 399));
    }

    @Test
    void everyKeyCanBeSet() {
        MainstayConfig config = valid(EVERY_KEY);
        assertThat(config)
                .isEqualTo(new MainstayConfig(
                        new NodeSettings("lb1", Duration.ofSeconds(20), 50_000, 3),
                        List.of(
                                new VirtualRouterSettings(
                                        new VirtualRouterConfig(
                                                "web",
                                                new InterfaceName("bond0.7"),
                                                new VirtualRouterId(7),
                                                new Priority(250),
                                                Duration.ofMillis(40_950),
                                                List.of(
                                                        VirtualAddress.parse("198.51.100.10/24"),
                                                        VirtualAddress.parse("198.51.100.11/32")),
                                                new ProtocolConfig(
                                                        VrrpVersion.V3,
                                                        ChecksumPreference.PSEUDO_HEADER,
                                                        Authentication.NONE),
                                                false,
                                                Duration.ofMillis(1500)),
                                        new AnnounceConfig(9, Duration.ZERO),
                                        new AuthenticationSettings(
                                                new AuthenticationConfig(
                                                        AuthenticationConfig.Mode.PERMISSIVE,
                                                        List.of(
                                                                ConfigFileTest.keyIn(1, "/keys/old"),
                                                                ConfigFileTest.keyIn(7, "/keys/new")),
                                                        7,
                                                        Duration.ofSeconds(200)),
                                                List.of("/keys/old", "/keys/new")),
                                        Optional.of("gateway"),
                                        everyTracker(),
                                        new HookConfig(
                                                List.of(HookProgram.parse("/etc/mainstay/hooks/up now")),
                                                List.of(
                                                        HookProgram.parse("/etc/mainstay/hooks/down"),
                                                        HookProgram.parse("/etc/mainstay/hooks/tell")),
                                                List.of(HookProgram.parse("/etc/mainstay/hooks/tell")),
                                                Duration.ofSeconds(5)),
                                        Optional.of(new VirtualMacConfig("lan")),
                                        Duration.ofMinutes(1)),
                                new VirtualRouterSettings(
                                        new VirtualRouterConfig(
                                                "old",
                                                new InterfaceName("bond0.7"),
                                                new VirtualRouterId(8),
                                                new Priority(100),
                                                Duration.ofSeconds(1),
                                                List.of(VirtualAddress.parse("198.51.100.20/24")),
                                                new ProtocolConfig(
                                                        VrrpVersion.V2,
                                                        ChecksumPreference.AUTO,
                                                        new Authentication.SimplePassword(0x3131_3131_0000_0000L),
                                                        List.of(IpAddress.parse("198.51.100.2")),
                                                        254),
                                                true,
                                                Duration.ZERO),
                                        new AnnounceConfig(5, Duration.ofMinutes(1)),
                                        AuthenticationSettings.NONE,
                                        Optional.empty(),
                                        List.of(),
                                        HookConfig.NONE,
                                        Optional.empty(),
                                        Duration.ofSeconds(10))),
                        List.of(new ServiceSettings(
                                new ServiceConfig(
                                        "https",
                                        List.of(
                                                listener("198.51.100.10:443"),
                                                listener("[2001:db8::1]:443"),
                                                listener("0.0.0.0:8443")),
                                        new SelectionConfig(
                                                Balance.MAGLEV,
                                                new HashConfig(
                                                        HashConfig.Key.SOURCE_PORT,
                                                        new AddressGrouping(24, 56),
                                                        125,
                                                        "x y"),
                                                new PanicConfig(
                                                        new PanicConfig.MinHealthy(50, true), PanicConfig.OnPanic.ALL),
                                                Duration.ofSeconds(30),
                                                Optional.of(new PersistenceConfig(
                                                        new AddressGrouping(28, 48),
                                                        Duration.ofMinutes(5),
                                                        1000,
                                                        PersistenceConfig.DuringDrain.ALLOW,
                                                        PersistenceConfig.WhenFull.WAIT))),
                                        Duration.ZERO,
                                        new TimeoutConfig(
                                                Duration.ofSeconds(1),
                                                Duration.ofHours(1),
                                                Duration.ofSeconds(45),
                                                Duration.ofSeconds(2)),
                                        List.of(
                                                new BackendConfig(
                                                        "web1", Endpoint.parse("10.0.0.11:8443"), 0, 2000, true),
                                                new BackendConfig("web2", Endpoint.parse("[2001:db8::2]:443"), 1000))),
                                new EngineSettings(
                                        EngineChoice.KERNEL, Forwarding.NAT, List.of(IpAddress.parse("198.51.100.10"))),
                                everyKindOfHealth(),
                                TrafficSamples.MEANT)),
                        new KernelEngineSettings(
                                "a secret", new KernelEngineSettings.Ports(20000, 29999), 65536, XdpChoice.AUTO),
                        new ControlSettings(Path.of("/tmp/m/c.sock"))));
    }

    private static List<TrackerConfig> everyTracker() {
        return List.of(
                new TrackerConfig.InterfaceTracker(
                        new InterfaceName("eth1"), true, new Pace(Duration.ofSeconds(2), 2, 3), new Effect.Weight(-50)),
                new TrackerConfig.NeighbourTracker(
                        "uplink",
                        new InterfaceName("eth1"),
                        List.of(IpAddress.parse("10.0.0.1"), IpAddress.parse("10.0.0.2")),
                        new Pace(Duration.ofSeconds(2), 4, 2),
                        new Effect.Weight(-40)),
                new TrackerConfig.ScriptTracker(
                        "db",
                        List.of("/usr/local/bin/check-db", "--host", "10.0.0.1"),
                        Duration.ofSeconds(4),
                        new Pace(Duration.ofSeconds(5), 1, 1),
                        new Effect.Weight(-10)),
                new TrackerConfig.ProcessTracker(
                        "haproxy",
                        Optional.of("/run/haproxy.pid"),
                        new Pace(Duration.ofMillis(100), 2, 2),
                        new Effect.Weight(3)),
                new TrackerConfig.FileTracker(
                        "/run/weight", new Pace(Duration.ofSeconds(3), 2, 2), new Effect.Stated()),
                new TrackerConfig.FileTracker(
                        "/run/ready", new Pace(Duration.ofSeconds(1), 1, 1), new Effect.Weight(-253)),
                new TrackerConfig.ServiceTracker("https", new Effect.Weight(-100)));
    }

    @Test
    void whatIsTrackedHasDefaults() {
        MainstayConfig config = valid(SHORTEST.replace("services:", """
                    track:
                      interfaces: [{name: eth1}]
                      scripts: [{name: db, command: /bin/true}]
                      processes: [{name: haproxy}]
                      files: [{path: /run/ready}]
                      services: [{name: "198.51.100.10:443"}]
                services:"""));
        Pace each = new Pace(Duration.ofSeconds(1), 1, 1);
        Effect fault = new Effect.Fault();
        assertThat(config.virtualRouters().getFirst().trackers())
                .containsExactly(
                        new TrackerConfig.InterfaceTracker(new InterfaceName("eth1"), false, each, fault),
                        new TrackerConfig.ScriptTracker(
                                "db",
                                List.of("/bin/true"),
                                Duration.ofSeconds(1),
                                new Pace(Duration.ofSeconds(2), 3, 2),
                                fault),
                        new TrackerConfig.ProcessTracker("haproxy", Optional.empty(), each, fault),
                        new TrackerConfig.FileTracker("/run/ready", each, fault),
                        new TrackerConfig.ServiceTracker("198.51.100.10:443", fault));
    }

    private static ServiceHealthConfig everyKindOfHealth() {
        HealthCheckConfig.Pace usual =
                new HealthCheckConfig.Pace(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(3), 3, 2);
        return new ServiceHealthConfig(
                List.of(
                        new HealthCheckConfig(
                                new HealthCheckConfig.Http(
                                        "POST",
                                        "/ready?deep=1",
                                        "www.example.org:8443",
                                        List.of("X-Check: yes", "Authorization: Bearer x"),
                                        204,
                                        204,
                                        new Payload("all fine"),
                                        Optional.of(new HealthCheckConfig.TlsConfig(
                                                "www.example.org", true, Optional.of("/etc/ca.pem")))),
                                8444,
                                new HealthCheckConfig.Pace(
                                        Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofMillis(250), 4, 5)),
                        new HealthCheckConfig(
                                new HealthCheckConfig.Tcp(new Payload("PING\r\n"), new Payload("hex:2b 50")), 0, usual),
                        new HealthCheckConfig(
                                new HealthCheckConfig.Udp(new Payload("x"), Payload.NONE, false), 0, usual),
                        new HealthCheckConfig(
                                new HealthCheckConfig.Dns("example.org", HealthCheckConfig.DnsType.AAAA, "2001:db8::1"),
                                0,
                                usual),
                        new HealthCheckConfig(
                                new HealthCheckConfig.Exec(List.of("/usr/local/bin/check", "--deep")), 0, usual)),
                Optional.of(
                        new AgentCheckConfig(9707, Duration.ofSeconds(5), Duration.ofSeconds(1), new Payload("web\n"))),
                Optional.of(new OutlierConfig(7, Duration.ofMinutes(1), 30, true)),
                ServiceHealthConfig.OnDown.RESET);
    }

    @Test
    void theTestThatSetsEveryKeyLeavesNoneOut() {
        assertThat(keysOf(EffectiveConfig.toTree(valid(EVERY_KEY)), "")).isEqualTo(keysOf(Schema.Whole.SECTION, ""));
        for (String path : keysOf(Schema.Whole.SECTION, "")) {
            String key = path.substring(path.lastIndexOf('.') + 1);
            assertThat(EVERY_KEY).containsPattern("\\b" + key + ":");
        }
    }

    @Test
    void everyKeyIsExplained() {
        assertThat(allKeys(Schema.Whole.SECTION))
                .allSatisfy(key -> assertThat(key.doc()).as(key.name()).matches("[A-Z][^\\n]*[.]"));
    }

    @Test
    void everyDefaultIsWithinTheRangeOfItsKey() {
        for (Key key : allKeys(Schema.Whole.SECTION)) {
            if (key instanceof Key.Scalar<?> scalar) {
                assertThat(readsItsOwnDefault(scalar)).as(key.name()).isTrue();
            }
        }
    }

    @Test
    void theRunDirectoryGivesTheSocketItsPlace() {
        ConfigResult result =
                ConfigFile.parse(SHORTEST, "f.yaml", ConfigFileTest.HOST.withRunDirectory(Path.of("/tmp/run/../run2")));
        assertThat(result)
                .isInstanceOfSatisfying(
                        ConfigResult.Valid.class,
                        valid -> assertThat(valid.config().control().socket())
                                .isEqualTo(Path.of("/tmp/run2/control.sock")));
    }

    @Test
    void aHostNameThatIsNoNameIsNotTaken() {
        HostFacts host = new HostFacts("(none)", HostFacts.DEFAULT_RUN_DIRECTORY, address -> true, program -> "");
        assertThat(ConfigFile.parse(SHORTEST, "f.yaml", host))
                .isInstanceOfSatisfying(
                        ConfigResult.Valid.class,
                        valid -> assertThat(valid.config().node().name()).isEqualTo("node"));
    }

    private static <T> boolean readsItsOwnDefault(Key.Scalar<T> key) {
        return !(key.fallback() instanceof Key.Fallback.Default<T> fallback)
                || key.type()
                        .reader()
                        .apply(key.type().writer().apply(fallback.value()))
                        .equals(fallback.value());
    }

    private static ListenerConfig listener(String endpoint) {
        return new ListenerConfig(Endpoint.parse(endpoint), Transport.TCP);
    }

    private static List<Key> allKeys(Key key) {
        List<Key> keys = new ArrayList<>();
        for (Key below : Schema.below(key)) {
            keys.add(below);
            keys.addAll(allKeys(below));
        }
        return keys;
    }

    private static Set<String> keysOf(Key key, String path) {
        Set<String> paths = new HashSet<>();
        for (Key below : Schema.below(key)) {
            paths.add(path + below.name());
            paths.addAll(keysOf(below, path + below.name() + "."));
        }
        return paths;
    }

    private static Set<String> keysOf(Object tree, String path) {
        Set<String> paths = new HashSet<>();
        if (tree instanceof Map<?, ?> map) {
            map.forEach((name, below) -> {
                paths.add(path + name);
                paths.addAll(keysOf(below, path + name + "."));
            });
        } else if (tree instanceof List<?> list) {
            list.forEach(element -> paths.addAll(keysOf(element, path)));
        }
        return paths;
    }
}
