// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.valid;
import static org.assertj.core.api.Assertions.assertThat;

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
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
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
                announce:
                  repeat: 9
                  refresh: 0s
                sync_group: gateway
                track:
                  interfaces:
                    - {name: eth1, address: true, interval: 2s, failures: 2, success: 3, weight: -50}
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
                  on_active: /etc/mainstay/hooks/up
                  on_backup: [/etc/mainstay/hooks/down, /etc/mainstay/hooks/tell]
                  on_fault: [/etc/mainstay/hooks/tell]
                  timeout: 5s
            services:
              - name: https
                listen: [198.51.100.10:443/tcp, "[2001:db8::1]:443", 0.0.0.0:8443]
                engine: proxy
                balance: round_robin
                health_check:
                  type: http
                  interval: 2s
                  timeout: 250ms
                  failures: 4
                  success: 5
                  path: /ready?deep=1
                  host: www.example.org:8443
                  status: 204
                drain_timeout: 0s
                timeouts:
                  connect: 1s
                  idle: 1h
                  half_closed: 45s
                backends:
                  - name: web1
                    address: 10.0.0.11:8443
                    weight: 0
                  - name: web2
                    address: "[2001:db8::2]:443"
                    weight: 1000
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
                                        ChecksumPreference.AUTO,
                                        true,
                                        Duration.ZERO),
                                new AnnounceConfig(5, Duration.ofMinutes(1)))),
                        List.of(new ServiceSettings(
                                new ServiceConfig(
                                        "198.51.100.10:443",
                                        List.of(listener("198.51.100.10:443")),
                                        Balance.LEAST_CONN,
                                        Duration.ofMinutes(1),
                                        new TimeoutConfig(
                                                Duration.ofSeconds(3), Duration.ofMinutes(5), Duration.ofSeconds(30)),
                                        List.of(new BackendConfig(
                                                "10.0.0.11:8443", Endpoint.parse("10.0.0.11:8443"), 100))),
                                EngineChoice.AUTO,
                                new HealthCheckConfig(
                                        new HealthCheckConfig.Tcp(),
                                        Duration.ofSeconds(10),
                                        Duration.ofSeconds(3),
                                        3,
                                        2))),
                        new ControlSettings(Path.of("/run/mainstay/control.sock"))));
    }

    @Test
    void anHttpCheckAsksForTheRootAndTakesAnySuccess() {
        MainstayConfig config = valid(SHORTEST + "    health_check: {type: http}\n");
        assertThat(config.services().getFirst().healthCheck().probe())
                .isEqualTo(new HealthCheckConfig.Http("/", "", 200, 399));
    }

    @Test
    void everyKeyCanBeSet() {
        MainstayConfig config = valid(EVERY_KEY);
        assertThat(config)
                .isEqualTo(new MainstayConfig(
                        new NodeSettings("lb1", Duration.ofSeconds(20)),
                        List.of(new VirtualRouterSettings(
                                new VirtualRouterConfig(
                                        "web",
                                        new InterfaceName("bond0.7"),
                                        new VirtualRouterId(7),
                                        new Priority(250),
                                        Duration.ofMillis(40_950),
                                        List.of(
                                                VirtualAddress.parse("198.51.100.10/24"),
                                                VirtualAddress.parse("198.51.100.11/32")),
                                        ChecksumPreference.PSEUDO_HEADER,
                                        false,
                                        Duration.ofMillis(1500)),
                                new AnnounceConfig(9, Duration.ZERO),
                                Optional.of("gateway"),
                                everyTracker(),
                                new HookConfig(
                                        List.of("/etc/mainstay/hooks/up"),
                                        List.of("/etc/mainstay/hooks/down", "/etc/mainstay/hooks/tell"),
                                        List.of("/etc/mainstay/hooks/tell"),
                                        Duration.ofSeconds(5)))),
                        List.of(new ServiceSettings(
                                new ServiceConfig(
                                        "https",
                                        List.of(
                                                listener("198.51.100.10:443"),
                                                listener("[2001:db8::1]:443"),
                                                listener("0.0.0.0:8443")),
                                        Balance.ROUND_ROBIN,
                                        Duration.ZERO,
                                        new TimeoutConfig(
                                                Duration.ofSeconds(1), Duration.ofHours(1), Duration.ofSeconds(45)),
                                        List.of(
                                                new BackendConfig("web1", Endpoint.parse("10.0.0.11:8443"), 0),
                                                new BackendConfig("web2", Endpoint.parse("[2001:db8::2]:443"), 1000))),
                                EngineChoice.PROXY,
                                new HealthCheckConfig(
                                        new HealthCheckConfig.Http("/ready?deep=1", "www.example.org:8443", 204, 204),
                                        Duration.ofSeconds(2),
                                        Duration.ofMillis(250),
                                        4,
                                        5))),
                        new ControlSettings(Path.of("/tmp/m/c.sock"))));
    }

    private static List<TrackerConfig> everyTracker() {
        return List.of(
                new TrackerConfig.InterfaceTracker(
                        new InterfaceName("eth1"), true, new Pace(Duration.ofSeconds(2), 2, 3), new Effect.Weight(-50)),
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

    @Test
    void theTestThatSetsEveryKeyLeavesNoneOut() {
        assertThat(keysOf(EffectiveConfig.toTree(valid(EVERY_KEY)), "")).isEqualTo(keysOf(Schema.ROOT, ""));
        for (String path : keysOf(Schema.ROOT, "")) {
            String key = path.substring(path.lastIndexOf('.') + 1);
            assertThat(EVERY_KEY).containsPattern("\\b" + key + ":");
        }
    }

    @Test
    void everyKeyIsExplained() {
        assertThat(allKeys(Schema.ROOT))
                .allSatisfy(key -> assertThat(key.doc()).as(key.name()).matches("[A-Z][^\\n]*[.]"));
    }

    @Test
    void everyDefaultIsWithinTheRangeOfItsKey() {
        for (Key key : allKeys(Schema.ROOT)) {
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
