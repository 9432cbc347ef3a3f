// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.warnings;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is legal and known not to work well. */
class ServiceAdviceTest {

    private static final String TWO_BACKENDS = "backends: [{address: \"10.0.0.1:80\"}, {address: \"10.0.0.2:80\"}]";

    private static List<String> adviceOn(String listen, String... keys) {
        return warnings("""
                virtual_routers: [{interface: eth0, vrid: 51, addresses: [198.51.100.10/24]}]
                services:
                  - listen: 198.51.100.10:%s
                    %s
                """.formatted(listen, String.join("\n    ", keys)));
    }

    private static List<String> adviceOn(String key) {
        return adviceOn("80", key, TWO_BACKENDS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "health_check: {}",
                "health_check: {interval: 1s, timeout: 500ms}",
                "health_check: {interval: 10s, failures: 1}",
                "health_check: {interval: 55s, fast_interval: 1s}",
                "drain_timeout: 1s",
                "min_healthy: 2",
                "min_healthy: 100%",
                "balance: maglev\n    hash: {max_load: 125%}",
                "balance: source_hash\n    hash: {key: source_port}",
                "outlier_detection: {consecutive_failures: 3}",
                "balance: least_conn\n    slow_start: 30s"
            })
    void whatWorksWellIsNotRemarkedUpon(String key) {
        assertThat(adviceOn(key)).isEmpty();
    }

    @Test
    void oneFailureOfAHastyCheckIsNoSign() {
        assertThat(adviceOn("health_check: {interval: 1s, timeout: 900ms, failures: 1}"))
                .containsExactly("f.yaml:4:60 services[0].health_check.failures: 1 with an interval of 1s and a timeout"
                        + " of 900ms; one lost packet takes a healthy backend out, 2 or 3 failures ride it out");
        assertThat(adviceOn("health_check: {interval: 10s, timeout: 1s, failures: 1}"))
                .hasSize(1);
    }

    @Test
    void aCheckThatNeedsMinutesIsSlow() {
        assertThat(adviceOn("health_check: {interval: 30s}"))
                .containsExactly(
                        "f.yaml:4:30 services[0].health_check.interval: a dead backend may get clients for 93s;"
                                + " a fast_interval such as 1s shortens that without more checks in good times");
    }

    @Test
    void aCheckByTcpSaysNothingAboutUdp() {
        assertThat(adviceOn("53/udp", TWO_BACKENDS))
                .singleElement()
                .asString()
                .startsWith("f.yaml:3:5 services[0].health_check.type: tcp, though the service listens on UDP alone;");
        assertThat(adviceOn("53/udp", "health_check: {type: dns, query: .}", TWO_BACKENDS))
                .isEmpty();
        assertThat(adviceOn("53/udp", "health_check: {port: 8080}", TWO_BACKENDS))
                .isEmpty();
        assertThat(adviceOn("53/udp", "health_check: [{type: dns, query: .}, {port: 53}, {}]", TWO_BACKENDS))
                .hasSize(1);
    }

    @Test
    void aServiceWithoutDrainCutsItsClients() {
        assertThat(adviceOn("drain_timeout: 0s"))
                .containsExactly("f.yaml:4:20 services[0].drain_timeout: 0s; draining a backend, or taking it out of"
                        + " this file, resets its connections at once");
    }

    @Test
    void moreHealthyBackendsThanThereAreCannotBeHad() {
        assertThat(adviceOn("min_healthy: 3"))
                .containsExactly("f.yaml:4:18 services[0].min_healthy: 3, and only 2 backends serve in good times"
                        + " (backups and those of weight 0 apart); the service is in panic all the time");
        assertThat(adviceOn(
                        "80",
                        "min_healthy: 2",
                        "backends: [{address: \"10.0.0.1:80\"}, {address: \"10.0.0.2:80\", backup: true}]"))
                .hasSize(1);
        assertThat(adviceOn("80", "backends: [{address: \"10.0.0.1:80\", backup: true}]"))
                .containsExactly("f.yaml:4:15 services[0].backends: every backend is a backup;"
                        + " the service is in panic all the time");
    }

    @Test
    void hashingAloneIsNoBalance() {
        assertThat(adviceOn("balance: source_hash"))
                .containsExactly("f.yaml:4:14 services[0].balance: only the client's address decides; with few clients,"
                        + " or many behind one address, a backend may get most of the load, and hash.max_load such as"
                        + " 125% bounds that");
        assertThat(adviceOn("80", "balance: maglev", "backends: [{address: \"10.0.0.1:80\"}]"))
                .isEmpty();
    }

    @Test
    void theFirstBackendGetsEverythingUnlessItIsFull() {
        assertThat(adviceOn("balance: first"))
                .containsExactly("f.yaml:4:14 services[0].balance: first, and no backend has max_connections;"
                        + " the first one gets every client");
        assertThat(adviceOn(
                        "80",
                        "balance: first",
                        "slow_start: 30s",
                        "backends: [{address: \"10.0.0.1:80\", max_connections: 9}, {address: \"10.0.0.2:80\"}]"))
                .containsExactly("f.yaml:5:17 services[0].slow_start: has no effect: balance is first, which knows no"
                        + " shares");
    }

    @Test
    void aChoiceThatEverybodyCanComputeIsToldOnce() {
        String kernel = "engine: kernel\n    " + TWO_BACKENDS;
        String second = kernel + "\n  - listen: 198.51.100.10:81\n    " + kernel;
        assertThat(adviceOn("80", second))
                .singleElement()
                .asString()
                .startsWith("f.yaml:4:13 services[0].engine: kernel, and kernel_engine.secret is not set; clients who");
        assertThat(adviceOn("engine: auto")).isEmpty();
        assertThat(warnings("""
                virtual_routers: [{interface: eth0, vrid: 51, addresses: [198.51.100.10/24]}]
                services:
                  - listen: 198.51.100.10:80
                    engine: kernel
                    %s
                kernel_engine: {secret: of both}
                """.formatted(TWO_BACKENDS))).isEmpty();
    }

    @Test
    void anOutlierThatMayNotBeEjectedIsNoOutlier() {
        assertThat(adviceOn(
                        "80", "outlier_detection: {consecutive_failures: 3}", "backends: [{address: \"10.0.0.1:80\"}]"))
                .containsExactly("f.yaml:4:47 services[0].outlier_detection.consecutive_failures: has no effect: 50%"
                        + " of 1 backend is less than one");
    }
}
