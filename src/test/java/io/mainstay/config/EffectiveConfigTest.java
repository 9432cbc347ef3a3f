// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.valid;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EffectiveConfigTest {

    @Test
    void everyDefaultIsWrittenOut() {
        assertThat(EffectiveConfig.toYaml(valid(ConfigDefaultsTest.SHORTEST))).isEqualTo("""
            node:
              name: lb9
              startup_delay: 0s
              max_connections: 0
              relay_threads: 0
            virtual_routers:
              - name: eth0-51
                interface: eth0
                vrid: 51
                priority: 100
                advertisement_interval: 1s
                addresses:
                  - 198.51.100.10/24
                version: 3
                checksum: auto
                password: ""
                unicast_peers: []
                unicast_min_ttl: 255
                preempt: true
                preempt_delay: 0s
                drain_timeout: 10s
                virtual_mac: false
                virtual_mac_prefix: vrrp
                announce:
                  repeat: 5
                  refresh: 1m
                track:
                  interfaces: []
                  neighbours: []
                  scripts: []
                  processes: []
                  files: []
                  services: []
                hooks:
                  on_active: []
                  on_backup: []
                  on_fault: []
                  timeout: 30s
            services:
              - name: 198.51.100.10:443
                listen:
                  - 198.51.100.10:443/tcp
                engine: auto
                forwarding: full_nat
                source_addresses: []
                balance: least_conn
                hash:
                  key: source
                  ipv4_prefix: 32
                  ipv6_prefix: 64
                  max_load: none
                  seed: ""
                min_healthy: "1"
                on_panic: backup
                slow_start: 0s
                persistence:
                  type: none
                health_check:
                  type: tcp
                  interval: 10s
                  fast_interval: 10s
                  timeout: 3s
                  failures: 3
                  success: 2
                  send: ""
                  expect: ""
                agent_check:
                  port: 0
                outlier_detection:
                  consecutive_failures: 0
                on_backend_down: keep
                drain_timeout: 1m
                timeouts:
                  connect: 3s
                  idle: 5m
                  half_closed: 30s
                  opening: 5s
                udp:
                  session_timeout: 1m
                  responses: 0
                  one_packet: false
                  source: node
                tcp:
                  backlog: 4096
                  defer_accept: 0s
                  keepalive: 0s
                  user_timeout: 0s
                  no_delay: true
                  source: node
                limits:
                  connections: 0
                  connections_per_source: 0
                  new_connections: none
                  new_connections_per_source: none
                  ipv4_prefix: 32
                  ipv6_prefix: 64
                access:
                  allow: []
                  deny: []
                proxy_protocol:
                  accept_from: []
                  send: none
                queue:
                  length: 0
                  timeout: 5s
                records:
                  keep: none
                  one_in: 1
                routing:
                  routes: []
                  otherwise: backends
                backends:
                  - name: 10.0.0.11:8443
                    address: 10.0.0.11:8443
                    weight: 100
                    max_connections: 0
                    backup: false
            kernel_engine:
              secret: ""
              source_ports: 10240-32767
              max_flows: 131072
              xdp: never
            control:
              socket: /run/mainstay/control.sock
            """);
    }

    @Test
    void textsThatOtherYamlReadersWouldMisreadAreQuoted() {
        assertThat(EffectiveConfig.toYaml(valid("node: {name: no}\n" + ConfigDefaultsTest.SHORTEST)))
                .startsWith("node:\n  name: \"no\"\n");
        assertThat(EffectiveConfig.toYaml(valid("node: {name: '1:30'}\n" + ConfigDefaultsTest.SHORTEST)))
                .startsWith("node:\n  name: \"1:30\"\n");
    }

    @Test
    void equalConfigurationsHaveEqualHashesHoweverTheyAreWritten() {
        String hash = EffectiveConfig.hash(valid(ConfigDefaultsTest.SHORTEST));
        assertThat(hash).matches("[0-9a-f]{12}");
        assertThat(EffectiveConfig.hash(valid("# a remark\n" + ConfigDefaultsTest.SHORTEST + "control: {}\n")))
                .isEqualTo(hash);
        assertThat(EffectiveConfig.hash(valid(ConfigDefaultsTest.SHORTEST.replace("vrid: 51", "vrid: 52"))))
                .isNotEqualTo(hash);
    }
}
