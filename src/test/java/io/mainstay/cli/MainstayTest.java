// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.config.ConfigChange;
import io.mainstay.config.ConfigProblem;
import io.mainstay.control.BackendChangeOutcome;
import io.mainstay.control.BackendChangeRequest;
import io.mainstay.control.ControlRefusal;
import io.mainstay.control.FakeControlHandler;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.PersistenceClearRequest;
import io.mainstay.control.ReloadOutcome;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.control.SwitchoverOutcome;
import io.mainstay.control.SwitchoverRequest;
import io.mainstay.net.IpAddress;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJson;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusJson;
import io.mainstay.observe.StatusSnapshot;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every command that asks the daemon, end to end over a real socket: exit code, standard output, standard error. */
class MainstayTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private CliHarness harness;

    @BeforeEach
    void open() throws IOException {
        harness = new CliHarness(directory);
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private static Ended done(String out) {
        return new Ended(0, out, "");
    }

    private static Ended failed(int exitCode, String err) {
        return new Ended(exitCode, "", err);
    }

    @Test
    void statusShowsTheNodeAsTables() {
        assertThat(harness.run("status")).isEqualTo(done("""
            node lb1, mainstay 0.1.0, up 1d02h, configuration 0123456789ab

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

            BACKEND            STATE              FOR    ADDRESS         WEIGHT      CONN  TOTAL  LAST CHECK
            https/web1         HEALTHY            1h30m  10.0.0.11:8443  100         12    120    passed: connected (in 1ms, 2s ago)
            https/web2         UNHEALTHY          1h30m  10.0.0.12:8443  25% of 100  0     0      failed: refused (in 1ms, 2s ago)
            https/web3         DRAINING 42s left  1h30m  10.0.0.13:8443  100         5     50     passed: connected (in 1ms, 2s ago)
            ssh/web1 (backup)  MAINTENANCE        0ms    10.0.0.11:22    0           0/7   0      none yet
              https/web1: connect p50 0.21ms p99 1.12ms
              https/web2: connect p50 0.21ms p99 1.12ms, first byte p50 20ms p99 21ms
              https/web3: 5 of 8 connections left, the oldest 3h00m old, none expected to be left in 17s
              ssh/web1: maintenance requested
            """));
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
                full.version(),
                full.configHash(),
                full.time(),
                full.startedAt(),
                List.of(),
                List.of(),
                Map.of(),
                Map.of());
        assertThat(harness.run("status"))
                .isEqualTo(done("node lb1, mainstay 0.1.0, up 1d02h, configuration 0123456789ab\n"));
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
    void backendsAreListed() {
        Ended list = harness.run("backend", "list");
        assertThat(list.exitCode()).isZero();
        assertThat(list.out().lines())
                .hasSize(9)
                .first()
                .isEqualTo(
                        "BACKEND            STATE              FOR    ADDRESS         WEIGHT      CONN  TOTAL  LAST CHECK");
        Ended json = harness.run("backend", "list", "--json");
        assertThat(JsonParser.parseString(json.out())
                        .getAsJsonObject()
                        .getAsJsonArray("backends")
                        .get(3)
                        .getAsJsonObject()
                        .get("service")
                        .getAsString())
                .isEqualTo("ssh");
    }

    @Test
    void howFarADrainHasComeIsTold() {
        assertThat(harness.run("backend", "list").out())
                .contains("DRAINING 42s left")
                .contains(
                        "  https/web3: 5 of 8 connections left, the oldest 3h00m old, none expected to be left in 17s\n");
        assertThat(harness.run("--json", "backend", "list").out()).contains("\"connections_at_start\": 8");
    }

    @Test
    void servicesAreListedAndOneIsShown() {
        assertThat(harness.run("service", "list").out().lines())
                .hasSize(6)
                .first()
                .asString()
                .startsWith("SERVICE  STATE ");
        assertThat(JsonParser.parseString(
                                harness.run("service", "list", "--json").out())
                        .getAsJsonObject()
                        .getAsJsonArray("services"))
                .hasSize(2);
        assertThat(harness.run("service", "show", "https").out())
                .contains("https/web3: 5 of 8 connections left")
                .doesNotContain("ssh/web1");
        assertThat(JsonParser.parseString(
                                harness.run("service", "show", "ssh", "--json").out())
                        .getAsJsonObject()
                        .get("name")
                        .getAsString())
                .isEqualTo("ssh");
        assertThat(harness.run("service", "show", "smtp"))
                .isEqualTo(failed(1, "mainstay: service: smtp (expected: one of [https, ssh])\n"));
    }

    @Test
    void aServiceIsDrainedAndPutBack() {
        assertThat(harness.run("service", "drain", "https", "--timeout", "5m"))
                .isEqualTo(done("https: DRAINING, 7 connections left, 2 connections reset (after 1.5s)\n"));
        assertThat(harness.handler.serviceChanges.remove())
                .isEqualTo(new ServiceChangeRequest(
                        "https", BackendChangeRequest.Change.DRAIN, Optional.of(Duration.ofMinutes(5)), false));
        assertThat(harness.run("--json", "service", "maint", "https", "--wait").out())
                .contains("\"state\": \"MAINTENANCE\"");
        assertThat(harness.handler.serviceChanges.remove())
                .isEqualTo(
                        new ServiceChangeRequest("https", BackendChangeRequest.Change.MAINT, Optional.empty(), true));
        assertThat(harness.run("service", "ready", "https").exitCode()).isZero();
        assertThat(harness.handler.serviceChanges.remove().change()).isEqualTo(BackendChangeRequest.Change.READY);
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
    void aCheckOfABackendTellsEachStepAndTheVerdict() {
        assertThat(harness.run("backend", "check", "web2")).isEqualTo(done("""
            https/web2: http GET /health
              STEP     TOOK    RESULT
              route    0.06ms  through eth0
              connect  0.42ms  connected
              verdict  1.23ms  passed
            """));
    }

    @Test
    void aCheckThatFailsIsAFailureOfTheCommand() {
        Ended ended = harness.run("backend", "check", "https/web3");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.out()).endsWith("verdict  1.23ms  failed: connect: connection refused (errno 111)\n");
        Ended json = harness.run("--json", "backend", "check", "https/web3");
        assertThat(json.exitCode()).isEqualTo(1);
        assertThat(JsonParser.parseString(json.out())
                        .getAsJsonObject()
                        .get("passed")
                        .getAsBoolean())
                .isFalse();
    }

    @Test
    void clientsThatKeepTheirBackendsAreListed() throws Exception {
        assertThat(harness.run("persistence", "list", "https")).isEqualTo(done("""
            CLIENT         BACKEND  FORGOTTEN IN
            198.51.100.7   web1     29m00s
            2001:db8::/64  web2     5s
            70000 clients, the latest 2 are listed; 3 were forgotten before their time, for want of room
            """));
        assertThat(harness.handler.persistenceLists.take()).isEqualTo("https 100");
        assertThat(harness.run("persistence", "list", "https", "--limit", "7").exitCode())
                .isZero();
        assertThat(harness.handler.persistenceLists.take()).isEqualTo("https 7");
    }

    @Test
    void clientsAreForgottenAllOrThoseThatAreMeant() throws Exception {
        assertThat(harness.run("persistence", "clear", "https")).isEqualTo(done("https: 42 clients forgotten\n"));
        assertThat(harness.handler.persistenceClears.take())
                .isEqualTo(new PersistenceClearRequest("https", Optional.empty(), Optional.empty()));
        assertThat(harness.run("persistence", "clear", "https", "--backend", "web1", "--client", "198.51.100.7"))
                .isEqualTo(done("https: 42 clients forgotten\n"));
        assertThat(harness.handler.persistenceClears.take())
                .isEqualTo(new PersistenceClearRequest(
                        "https", Optional.of("web1"), Optional.of(IpAddress.parse("198.51.100.7"))));
        assertThat(harness.run("persistence", "clear", "https", "--client", "web1"))
                .isEqualTo(failed(2, "mainstay: client: web1 (expected: an address)\n"));
    }

    @Test
    void aBackendIsDrainedByItsNameAloneIfThatIsClear() throws Exception {
        assertThat(harness.run("backend", "drain", "web2"))
                .isEqualTo(done("https/web2: DRAINING, 5 connections left (after 1.5s)\n"));
        assertThat(harness.handler.backendChanges.remove())
                .isEqualTo(new BackendChangeRequest(
                        "https", "web2", BackendChangeRequest.Change.DRAIN, Optional.empty(), false));
    }

    @Test
    void aBackendIsDrainedToTheEndWithADeadline() {
        harness.handler.backendChange = request -> CompletableFuture.completedStage(new BackendChangeOutcome(
                "ssh", "web1", BackendStatus.State.DRAINING, 0, 1, true, Duration.ofSeconds(90)));
        assertThat(harness.run("backend", "drain", "ssh/web1", "--wait", "--timeout", "90s"))
                .isEqualTo(done("ssh/web1: DRAINING, 1 connection reset (after 1m30s)\n"));
        assertThat(harness.handler.backendChanges.remove())
                .isEqualTo(new BackendChangeRequest(
                        "ssh", "web1", BackendChangeRequest.Change.DRAIN, Optional.of(Duration.ofSeconds(90)), true));
    }

    @Test
    void aDrainThatDidNotFinishHasFailed() {
        harness.handler.backendChange =
                request -> CompletableFuture.completedStage(FakeControlHandler.outcome(request, 3));
        Ended ended = harness.run("backend", "drain", "ssh/web1", "--wait");
        assertThat(ended).isEqualTo(new Ended(1, "ssh/web1: DRAINING, 3 connections left (after 1.5s)\n", ""));
    }

    @Test
    void maintAndReadyAreHandedOn() {
        assertThat(harness.run("backend", "maint", "web3", "--timeout", "1m").out())
                .isEqualTo("https/web3: MAINTENANCE, 5 connections left (after 1.5s)\n");
        assertThat(harness.handler.backendChanges.remove().change()).isEqualTo(BackendChangeRequest.Change.MAINT);
        assertThat(harness.run("--json", "backend", "ready", "web3").out()).contains("\"state\": \"HEALTHY\"");
        assertThat(harness.handler.backendChanges.remove().change()).isEqualTo(BackendChangeRequest.Change.READY);
        assertThat(harness.run("backend", "ready", "web3", "--wait").exitCode())
                .as("has nothing to wait for")
                .isEqualTo(2);
    }

    private static ReloadOutcome reloaded(ReloadOutcome.Result result, ConfigChange... changes) {
        return new ReloadOutcome(result, List.of(), List.of(), List.of(changes), "");
    }

    @Test
    void aReloadShowsWhatItChanged() {
        harness.handler.reload = reloaded(
                ReloadOutcome.Result.APPLIED,
                new ConfigChange(ConfigChange.Kind.REMOVED, "services[ssh]", "", "", false),
                new ConfigChange(ConfigChange.Kind.CHANGED, "services[https].drain_timeout", "1m", "2m", false));
        assertThat(harness.run("reload")).isEqualTo(done("""
            - services[ssh]
            ~ services[https].drain_timeout: 1m -> 2m
            in force: 2 changes
            """));
        assertThat(harness.run("reload", "--json").out()).contains("\"result\": \"APPLIED\"");
        harness.handler.reload = reloaded(ReloadOutcome.Result.UNCHANGED);
        assertThat(harness.run("reload")).isEqualTo(done("nothing to do: the file says what is in force\n"));
    }

    @Test
    void aReloadOfABadFileNamesEveryMistake() {
        harness.handler.reload = new ReloadOutcome(
                ReloadOutcome.Result.INVALID,
                List.of(
                        new ConfigProblem("/m.yaml", 3, 5, "services[0].listen", "x (expected: ADDRESS:PORT)"),
                        new ConfigProblem("/m.yaml", 9, 1, "service", "unknown key (did you mean services?)")),
                List.of(new ConfigProblem("/m.yaml", 0, 0, "", "no virtual router")),
                List.of(),
                "");
        assertThat(harness.run("reload")).isEqualTo(failed(3, """
            /m.yaml:3:5 services[0].listen: x (expected: ADDRESS:PORT)
            /m.yaml:9:1 service: unknown key (did you mean services?)
            warning: /m.yaml: no virtual router
            mainstay: configuration invalid: 2 mistakes, nothing was changed
            """));
    }

    @Test
    void aReloadThatNeedsARestartSaysWhy() {
        harness.handler.reload = reloaded(
                ReloadOutcome.Result.NEEDS_RESTART,
                new ConfigChange(ConfigChange.Kind.CHANGED, "services[https].drain_timeout", "1m", "2m", false),
                new ConfigChange(ConfigChange.Kind.CHANGED, "virtual_routers[web].vrid", "51", "52", true));
        assertThat(harness.run("reload")).isEqualTo(failed(1, """
            mainstay: nothing was changed, because this needs a restart of the daemon:
            ~ virtual_routers[web].vrid: 51 -> 52
            """));
        harness.handler.reload = new ReloadOutcome(
                ReloadOutcome.Result.FAILED, List.of(), List.of(), List.of(), "service x: listen 1.2.3.4:5/tcp: taken");
        assertThat(harness.run("reload"))
                .isEqualTo(failed(1, "mainstay: nothing was changed: service x: listen 1.2.3.4:5/tcp: taken\n"));
    }

    @Test
    void aDiffShowsWhatAReloadWouldChange() throws IOException {
        Path file = directory.resolve("other.yaml");
        Files.writeString(
                file, "node: {name: lb1}\ncontrol: {socket: /run/mainstay/control.sock}\n" + FakeControlHandler.CONFIG);
        assertThat(harness.run("config", "diff", file.toString())).isEqualTo(done("no difference\n"));
        Files.writeString(
                file,
                "node: {name: lb1}\ncontrol: {socket: /run/mainstay/control.sock}\n"
                        + FakeControlHandler.CONFIG.replace("vrid: 51", "vrid: 52")
                        + "    balance: round_robin\n");
        Ended ended = harness.run("config", "diff", file.toString());
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out()).isEqualTo("""
            ~ virtual_routers[web].vrid: 51 -> 52   (needs a restart)
            ~ services[https].balance: least_conn -> round_robin
            2 changes, 1 of them need a restart
            """);
        assertThat(harness.run("config", "diff", "--json", file.toString()).out())
                .contains("\"needs_restart\": true");
    }

    @Test
    void aNameThatSeveralServicesHaveIsAmbiguous() {
        assertThat(harness.run("backend", "drain", "web1"))
                .isEqualTo(failed(2, "mainstay: backend: web1 is ambiguous (expected: https/web1, ssh/web1)\n"));
        assertThat(harness.handler.backendChanges).isEmpty();
    }

    @Test
    void aNameThatNobodyHasIsUnknown() {
        assertThat(harness.run("backend", "drain", "web9"))
                .isEqualTo(failed(
                        1,
                        "mainstay: backend: web9 is unknown"
                                + " (expected: https/web1, https/web2, https/web3, ssh/web1)\n"));
        assertThat(harness.handler.backendChanges).isEmpty();
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
    void theRunningConfigurationIsShown() {
        Ended yaml = harness.run("config", "show", "--effective");
        assertThat(yaml.exitCode()).isZero();
        assertThat(yaml.out()).startsWith("node:\n  name: lb1\n").contains("    preempt_delay: 0s\n");
        assertThat(JsonParser.parseString(
                                harness.run("config", "show", "--json").out())
                        .getAsJsonObject()
                        .keySet())
                .containsExactly("node", "virtual_routers", "services", "kernel_engine", "control");
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

    @Test
    void theVersionIsThatOfTheProgramAndOfTheDaemon() {
        String version = ProductVersion.current();
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
