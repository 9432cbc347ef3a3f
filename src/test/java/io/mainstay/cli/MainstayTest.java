// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.control.ControlRefusal;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.SwitchoverOutcome;
import io.mainstay.control.SwitchoverRequest;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJson;
import io.mainstay.observe.ProductVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What concerns the node as a whole, and what all commands have in common: exit code, standard output, standard error. */
class MainstayTest extends CommandBench {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void theSocketIsTakenFromTheOptionBeforeTheEnvironment() {
        Map<String, String> wrong = Map.of("MAINSTAY_SOCKET", "/nowhere/control.sock");
        assertThat(CliHarness.run(wrong, false, "--socket", harness.socket.toString(), "status")
                        .exitCode())
                .isZero();
        assertThat(CliHarness.run(wrong, false, "status", "--socket", harness.socket.toString())
                        .exitCode())
                .isZero();
        assertThat(harness.run("--socket", "/nowhere/s", "status", "--socket", harness.socket.toString())
                        .exitCode())
                .as("the option closest to the end counts")
                .isZero();
        assertThat(CliHarness.run(wrong, false, "status"))
                .isEqualTo(failed(
                        4,
                        "mainstay: no daemon answers at /nowhere/control.sock: no such socket (is mainstayd"
                                + " running?)\n"));
    }

    @Test
    void aSocketOnWhichNobodyListensIsTold() throws IOException {
        Path dead = directory.resolve("dead.sock");
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(dead));
        }
        assertThat(harness.run("status", "--socket", dead.toString()))
                .isEqualTo(failed(
                        4,
                        "mainstay: no daemon answers at " + dead + ": connection refused (is mainstayd running?)\n"));
    }

    @Test
    void aNodeIsDrainedAndPutBack() {
        assertThat(harness.run("drain-node", "--timeout", "5m")).isEqualTo(done("""
            web: handed over to 198.51.100.2 in 123ms
            admin: DRAINING, 3 connections left (after 1.5s)
            """));
        assertThat(harness.handler.nodeDrains.remove())
                .isEqualTo(new NodeDrainRequest(Optional.of(Duration.ofMinutes(5)), false));
        assertThat(harness.run("--json", "drain-node", "--wait").exitCode())
                .as("connections are left")
                .isEqualTo(1);
        assertThat(harness.run("ready-node"))
                .isEqualTo(done("nothing to do: every service listens on a virtual address\n"));
    }

    @Test
    void aNodeThatNobodyTakesOverFromIsNotDrained() {
        harness.handler.switchover = request -> CompletableFuture.completedStage(List.of(new SwitchoverOutcome(
                "web", SwitchoverOutcome.Result.FAILED, null, Duration.ofSeconds(30), "nobody answers")));
        assertThat(harness.run("drain-node").exitCode()).isEqualTo(1);
    }

    @Test
    void aSwitchoverIsStartedOrAwaited() {
        assertThat(harness.run("switchover")).isEqualTo(done("web: handing over\n"));
        assertThat(harness.handler.switchovers.remove())
                .isEqualTo(new SwitchoverRequest(Optional.empty(), false, Duration.ofSeconds(30)));
        assertThat(harness.run("switchover", "db", "--wait", "--timeout=5s"))
                .isEqualTo(done("db: handed over to 198.51.100.2 in 123ms\n"));
        assertThat(harness.handler.switchovers.remove())
                .isEqualTo(new SwitchoverRequest(Optional.of("db"), true, Duration.ofSeconds(5)));
        assertThat(JsonParser.parseString(harness.run("switchover", "--json").out()))
                .isEqualTo(JsonParser.parseString("{\"virtual_routers\":[{\"name\":\"web\",\"result\":\"STARTED\","
                        + "\"new_active\":null,\"elapsed_ms\":123,\"detail\":\"\"}]}"));
    }

    @Test
    void aSwitchoverThatNobodyTookUpHasFailed() {
        harness.handler.switchover = request -> CompletableFuture.completedStage(List.of(
                new SwitchoverOutcome("a", SwitchoverOutcome.Result.HANDED_OVER, null, Duration.ofMillis(5), ""),
                new SwitchoverOutcome(
                        "b", SwitchoverOutcome.Result.FAILED, null, Duration.ofSeconds(5), "no other node was heard")));
        assertThat(harness.run("switchover", "--wait")).isEqualTo(new Ended(1, """
            a: handed over in 5ms
            b: not handed over after 5s; this node goes on serving (no other node was heard)
            """, ""));
    }

    @ParameterizedTest
    @CsvSource({"INVALID, 1", "NOT_PERMITTED, 5", "NOT_FOUND, 1", "CONFLICT, 1", "TIMEOUT, 1", "UNAVAILABLE, 1"})
    void aRefusalIsToldInTheDaemonsWords(ControlRefusal.Reason reason, int exitCode) {
        harness.handler.switchover =
                request -> CompletableFuture.failedStage(new ControlRefusal(reason, "this node is not Active"));
        assertThat(harness.run("switchover")).isEqualTo(failed(exitCode, "mainstay: this node is not Active\n"));
    }

    @Test
    void eventsAreShownOnALineEach() {
        harness.journal.append(
                EventDraft.info("transition", "web", "became Active").with("reason", "active_down_timer"));
        harness.journal.append(EventDraft.warning("health", "https/web2", "evil \u001b[31m\nline"));
        await().atMost(PATIENCE).until(() -> harness.journal.since(0).size() == 2);
        Ended events = harness.run("events");
        assertThat(events.exitCode()).isZero();
        assertThat(events.out()).matches("""
            1  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}  info     web: became Active  reason=active_down_timer
            2  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}  warning  https/web2: evil  \\[31m line
            """);
        assertThat(harness.run("events", "--since", "1").out().lines()).hasSize(1);
        assertThat(harness.run("events", "--json", "--since", "1").out())
                .isEqualTo(EventJson.toLine(harness.journal.since(1).getFirst()) + "\n");
        assertThat(harness.run("events", "--since", "x").exitCode()).isEqualTo(2);
    }

    @Test
    void eventsAreFollowedUntilTheDaemonStops() throws Exception {
        harness.journal.append(EventDraft.info("test", "web", "one"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(() -> Mainstay.run(
                new String[] {"events", "--follow", "--json"},
                new BufferedReader(Reader.nullReader()),
                new PrintWriter(out),
                new PrintWriter(err),
                Map.of("MAINSTAY_SOCKET", harness.socket.toString()),
                false));
        await().atMost(PATIENCE).until(() -> out.toString().contains("\"one\""));
        harness.journal.append(EventDraft.info("test", "web", "two"));
        await().atMost(PATIENCE).until(() -> out.toString().contains("\"two\""));
        harness.journal.close();
        assertThat(exitCode.get(30, TimeUnit.SECONDS)).isEqualTo(4);
        assertThat(err.toString()).isEqualTo("mainstay: the daemon has stopped\n");
    }

    @Test
    void followingEndsWhenNobodyReads() throws Exception {
        harness.journal.append(EventDraft.info("test", "web", "one"));
        PrintWriter closed = new PrintWriter(new StringWriter()) {
            @Override
            public boolean checkError() {
                return true;
            }
        };
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(() -> Mainstay.run(
                new String[] {"events", "-f"},
                new BufferedReader(Reader.nullReader()),
                closed,
                closed,
                Map.of("MAINSTAY_SOCKET", harness.socket.toString()),
                false));
        assertThat(exitCode.get(30, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void theVersionIsThatOfTheProgramAndOfTheDaemon() {
        String version = ProductVersion.current().number();
        assertThat(harness.run("version")).isEqualTo(done("mainstay  " + version + "\nmainstayd " + version + "\n"));
        assertThat(JsonParser.parseString(harness.run("version", "--json").out()))
                .isEqualTo(
                        JsonParser.parseString("{\"version\":\"%s\",\"daemon\":\"%s\"}".formatted(version, version)));
        Ended alone = harness.run("version", "--socket", "/nowhere/s");
        assertThat(alone)
                .isEqualTo(done("mainstay  " + version + "\nmainstayd unknown: no daemon answers at /nowhere/s:"
                        + " no such socket (is mainstayd running?)\n"));
        assertThat(JsonParser.parseString(harness.run("version", "--json", "--socket", "/nowhere/s")
                        .out()))
                .isEqualTo(JsonParser.parseString("{\"version\":\"%s\",\"daemon\":null}".formatted(version)));
    }
}
