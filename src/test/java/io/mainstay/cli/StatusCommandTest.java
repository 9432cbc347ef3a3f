// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusJson;
import io.mainstay.observe.StatusSnapshot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How the state of a node is shown. */
class StatusCommandTest extends CommandBench {

    private static final ProductVersion CURRENT = ProductVersion.current();

    private void answersAs(ProductVersion version) {
        StatusSnapshot full = harness.handler.status;
        harness.handler.status = new StatusSnapshot(
                full.node(),
                version,
                full.configHash(),
                full.time(),
                full.startedAt(),
                full.virtualRouters(),
                full.services(),
                full.connections(),
                full.kernelEvents(),
                full.kernelInterfaces());
    }

    @Test
    void statusShowsTheNodeAsTables() {
        answersAs(CURRENT);
        assertThat(harness.run("status")).isEqualTo(done("""
            node lb1, mainstay @VERSION@, up 1d02h, configuration 0123456789ab

            VIRTUAL ROUTER  STATE   FOR    PRIORITY   VRID  INTERFACE  ACTIVE AT     ADDRESSES
            web             ACTIVE  2m03s  250        51    eth0       198.51.100.1  198.51.100.10/24 198.51.100.11/24
            db              BACKUP  4.2s   90 of 100  52    eth1       -             198.51.101.10/24
              web: no advertisement for 3.61s
              web: virtual MAC 00:00:5e:00:01:33 on vrrp4-51
              web: messages of 198.51.100.9 are discarded: it speaks VRRPv2
              web: discarded: ttl 3, checksum 1
              db: lets the other node be Active after a switchover
              db: priority 100 - 10 (script db) = 90
              db: script db DOWN for 4s: exit status 1

            SERVICE  STATE    ENGINE  BALANCE      BACKENDS  CONN  TOTAL  IN       OUT      LISTEN
            https    SERVING  proxy   least_conn   1/3       12    34567  1.1 TiB  2.0 KiB  198.51.100.10:443/tcp 198.51.100.11:443/tcp
            ssh      STANDBY  proxy   round_robin  0/1       0     0      0 B      0 B      198.51.100.10:22/tcp
              https: 18500 of 22528 source ports taken to web1, where it is most (from 2 addresses)
              https: 3 clients wait for a backend
              https: refused: no_backend 2

            BACKEND            STATE              FOR    ADDRESS         WEIGHT      CONN  TOTAL  IN        OUT        LAST CHECK
            https/web1         HEALTHY            1h30m  10.0.0.11:8443  100         12    120    11.7 KiB  1.1 MiB    passed: connected (in 1ms, 2s ago)
            https/web2         UNHEALTHY          1h30m  10.0.0.12:8443  25% of 100  0     0      0 B       0 B        failed: refused (in 1ms, 2s ago)
            https/web3         DRAINING 42s left  1h30m  10.0.0.13:8443  100         5     50     4.8 KiB   488.2 KiB  passed: connected (in 1ms, 2s ago)
            ssh/web1 (backup)  MAINTENANCE        0ms    10.0.0.11:22    0           0/7   0      0 B       0 B        none yet
              https/web1: 240 packets in and 360 out, connect p50 0.21ms p99 1.12ms
              https/web2: connect p50 0.21ms p99 1.12ms, first byte p50 20ms p99 21ms
              https/web3: 5 of 8 connections left, the oldest 3h00m old, none expected to be left in 17s
              ssh/web1: maintenance requested
            """.replace("@VERSION@", CURRENT.number())));
    }

    @Test
    void statusForProgramsIsTheSnapshotWhereverTheOptionStands() {
        for (Ended ended : List.of(harness.run("--json", "status"), harness.run("status", "--json"))) {
            assertThat(ended.exitCode()).isZero();
            assertThat(JsonParser.parseString(ended.out())).isEqualTo(StatusJson.toTree(harness.handler.status));
        }
    }

    @Test
    void aNodeThatDoesNothingYetIsShownOnOneLine() {
        StatusSnapshot full = harness.handler.status;
        harness.handler.status = new StatusSnapshot(
                full.node(),
                CURRENT,
                full.configHash(),
                full.time(),
                full.startedAt(),
                List.of(),
                List.of(),
                full.connections(),
                Map.of(),
                Map.of());
        assertThat(harness.run("status"))
                .isEqualTo(done("node lb1, mainstay " + CURRENT.number() + ", up 1d02h, configuration 0123456789ab\n"));
    }

    @Test
    void aDaemonThatWasNotRestartedWhenAnotherVersionWasInstalledIsTold() {
        answersAs(new ProductVersion("0.0.1", "unknown", "unknown"));
        assertThat(harness.run("status").out().lines().skip(1).findFirst())
                .contains("  restart needed: the daemon is older than this program"
                        + " (mainstay config check && systemctl restart mainstay)");
    }

    @Test
    void onATerminalStatesAreColouredUnlessTheUserObjects() {
        String socket = harness.socket.toString();
        String green = "\u001b[32mACTIVE\u001b[0m";
        assertThat(CliHarness.run(Map.of("MAINSTAY_SOCKET", socket), true, "status")
                        .out())
                .contains(green);
        assertThat(CliHarness.run(Map.of("MAINSTAY_SOCKET", socket), false, "status")
                        .out())
                .doesNotContain("\u001b");
        assertThat(CliHarness.run(Map.of("MAINSTAY_SOCKET", socket, "NO_COLOR", "1"), true, "status")
                        .out())
                .doesNotContain("\u001b");
        assertThat(CliHarness.run(Map.of("MAINSTAY_SOCKET", socket, "TERM", "dumb"), true, "status")
                        .out())
                .doesNotContain("\u001b");
    }

    @Test
    void statusLoadsNothingThatTakesLongToLoad() throws Exception {
        Path log = directory.resolve("classes");
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xlog:class+load:file=" + log,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Mainstay.class.getName(),
                        "status",
                        "--socket",
                        harness.socket.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        assertThat(printed).startsWith("node lb1");
        assertThat(Files.readString(log))
                .contains("io.mainstay.control.ControlClient")
                .doesNotContain("io.netty.", "org.slf4j.", "org.yaml.", "jnr.", "java.util.logging", "jdk.proxy");
    }
}
