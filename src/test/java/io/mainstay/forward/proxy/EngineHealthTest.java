// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.BackendState;
import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.AwayLinks;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.ServiceHealthConfig.OnDown;
import io.mainstay.health.probe.ProbeOutcome;
import io.mainstay.net.InterfaceName;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How the engine judges backends, on real sockets of this host. */
class EngineHealthTest {

    private static final Duration OFTEN = Duration.ofMillis(50);
    private static final Duration SELDOM = Duration.ofHours(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final InterfaceName LOOPBACK = new InterfaceName("lo");

    private final EngineBench bench = new EngineBench();
    private final List<Socket> clients = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        bench.close();
    }

    private static HealthCheckConfig tcp(Duration interval) {
        return new HealthCheckConfig(new HealthCheckConfig.Tcp(), interval, TIMEOUT, 2, 2);
    }

    private static ServiceHealthConfig health(OnDown onDown, HealthCheckConfig... checks) {
        return new ServiceHealthConfig(List.of(checks), Optional.empty(), Optional.empty(), onDown);
    }

    private Socket connectedClient() throws IOException {
        Socket client = bench.client();
        clients.add(client);
        client.getOutputStream().write('x');
        assertThat(client.getInputStream().read()).isEqualTo('x');
        return client;
    }

    @Test
    void aBackendIsCheckedOnRequestWhateverItsStateAndNothingComesOfIt() throws Exception {
        HealthCheckConfig banner = new HealthCheckConfig(
                new HealthCheckConfig.Tcp(new Payload("hello"), new Payload("hello")), SELDOM, TIMEOUT, 1, 1);
        ScriptedServer server = ScriptedServer.start("127.0.1.1", ScriptedServer.ECHO, false);
        bench.health(health(OnDown.KEEP, tcp(SELDOM), banner))
                .backend(server.as("web1"))
                .start();
        bench.awaitState("web1", BackendState.HEALTHY);
        List<CheckRun> runs = bench.engine().check("web", "web1").get(30, TimeUnit.SECONDS);
        assertThat(runs).extracting(CheckRun::check).containsExactly("tcp", "tcp");
        assertThat(runs).allMatch(run -> run.outcome().finding().success());
        assertThat(runs.get(1).outcome().steps())
                .extracting(ProbeOutcome.Step::name)
                .containsExactly("route", "connect", "send", "answer");
        assertThat(runs.getFirst().outcome().steps().getFirst().detail()).isEqualTo("through lo");
        server.stopListening();
        runs = bench.engine().check("web", "web1").get(30, TimeUnit.SECONDS);
        assertThat(runs).noneMatch(run -> run.outcome().finding().success());
        assertThat(bench.backend("web1").state()).isEqualTo(BackendState.HEALTHY);
        bench.engine().maintenance("web", "web1");
        assertThat(bench.engine().check("web", "web1").get(30, TimeUnit.SECONDS))
                .hasSize(2);
        assertThatThrownBy(() -> bench.engine().check("web", "web9"))
                .hasMessage("backend of web: web9 (expected: one of web1)");
        server.close();
    }

    @Test
    void connectionsOfABackendThatFallsAreResetIfThatIsWanted() throws IOException {
        ScriptedServer server = bench.health(health(OnDown.RESET, tcp(OFTEN))).server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        bench.awaitState("web1", BackendState.HEALTHY);
        bench.awaitState("web2", BackendState.HEALTHY);
        Socket first = connectedClient();
        Socket second = connectedClient();
        assertThat(bench.backend("web1").active()).isEqualTo(1);
        server.stopListening();
        bench.awaitActive(1);
        Socket reset = bench.backend("web2").active() == 1 && isReset(first) ? first : second;
        assertThatThrownBy(() -> reset.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    private static boolean isReset(Socket client) {
        try {
            client.setSoTimeout(200);
            return client.getInputStream().read() < 0;
        } catch (SocketException reset) {
            return true;
        } catch (IOException alive) {
            return false;
        }
    }

    @Test
    void anAgentDrainsItsBackendAndBringsItBack() throws IOException {
        List<String> lines = List.of("up 100%\n", "drain 50%\n", "ready\n");
        AtomicInteger line = new AtomicInteger();
        ScriptedServer.Script agent = connection ->
                connection.getOutputStream().write(lines.get(line.get()).getBytes(US_ASCII));
        bench.health(ServiceHealthConfig.of(tcp(SELDOM))).server(ScriptedServer.ECHO);
        try (ScriptedServer agents = ScriptedServer.start("127.0.1.1", agent, false)) {
            bench.health(new ServiceHealthConfig(
                    List.of(tcp(SELDOM)),
                    Optional.of(new AgentCheckConfig(agents.as("x").address().port(), OFTEN, TIMEOUT, Payload.NONE)),
                    Optional.empty(),
                    OnDown.KEEP));
            bench.start();
            bench.awaitState("web1", BackendState.HEALTHY);
            line.set(1);
            bench.awaitState("web1", BackendState.DRAINING);
            assertThat(bench.backend("web1").reason()).isEqualTo("agent: drain 50%");
            line.set(2);
            bench.awaitState("web1", BackendState.HEALTHY);
            assertThat(bench.backend("web1").sharePercent()).isEqualTo(50);
            assertThat(bench.engine().check("web", "web1").join())
                    .extracting(CheckRun::check)
                    .containsExactly(
                            "tcp", "agent on port " + agents.as("x").address().port());
        }
    }

    @Test
    void aBackendThatRefusesClientsIsEjectedThoughItsCheckPasses() throws IOException {
        try (ScriptedServer checked = ScriptedServer.start("127.0.1.1", ScriptedServer.ECHO, false)) {
            HealthCheckConfig elsewhere = new HealthCheckConfig(
                    new HealthCheckConfig.Tcp(),
                    checked.as("x").address().port(),
                    new HealthCheckConfig.Pace(OFTEN, OFTEN, TIMEOUT, 2, 2));
            bench.health(new ServiceHealthConfig(
                    List.of(elsewhere),
                    Optional.empty(),
                    Optional.of(new OutlierConfig(2, Duration.ofSeconds(1), 100, false)),
                    OnDown.KEEP));
            ScriptedServer server = bench.server(ScriptedServer.ECHO);
            server.stopListening();
            bench.start();
            bench.awaitState("web1", BackendState.HEALTHY);
            aClientThatFindsNobody();
            await().atMost(EngineBench.PATIENCE)
                    .until(() -> bench.events(ProxyEvent.BackendStateChanged.class).stream()
                            .anyMatch(event -> event.reason().startsWith("ejected for 1.0s: 2 connections")));
            bench.awaitState("web1", BackendState.HEALTHY);
            assertThat(bench.backend("web1").reason()).isEqualTo("ejection is over");
        }
    }

    @Test
    void anEjectionTellsWhatTheKernelSaidOfTheLastConnection() throws IOException {
        try (FullListener deaf = FullListener.open("127.0.1.9")) {
            TcpConfig patience = new TcpConfig(
                    TcpConfig.DEFAULT_BACKLOG,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ofMillis(500),
                    true,
                    SourceAddress.NODE);
            bench.traffic(TrafficConfig.DEFAULT.withTcp(patience))
                    .health(new ServiceHealthConfig(
                            List.of(RelayBench.CHECK),
                            Optional.empty(),
                            Optional.of(new OutlierConfig(1, Duration.ofMinutes(1), 100, false)),
                            OnDown.KEEP))
                    .backend(deaf.as("web1"));
            bench.start();
            deaf.fill();
            try (Socket client = bench.client()) {
                assertThat(client.isConnected()).isTrue();
                await().atMost(EngineBench.PATIENCE)
                        .until(() -> bench.events(ProxyEvent.BackendStateChanged.class).stream()
                                .anyMatch(event ->
                                        event.reason().endsWith("the last one: connection timed out (errno 110)")));
            }
        }
    }

    /** It is tried three times, on the only backend, and reset, maybe before it knows that it is connected. */
    private void aClientThatFindsNobody() throws IOException {
        try (Socket client = bench.client()) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    @Test
    void whatFailsWhileTheLinkIsDownIsNotHeldAgainstTheBackend() {
        ScriptedServer server = bench.health(health(OnDown.KEEP, tcp(OFTEN))).server(ScriptedServer.ECHO);
        bench.start();
        bench.awaitState("web1", BackendState.HEALTHY);
        bench.engine().linksDown(Set.of(LOOPBACK));
        server.stopListening();
        awaitFailures(LinkWatch.EXCUSE);
        assertThat(bench.backend("web1").state()).isEqualTo(BackendState.HEALTHY);
        long back = System.nanoTime();
        bench.engine().linksDown(Set.of());
        bench.awaitState("web1", BackendState.UNHEALTHY);
        assertThat(Duration.ofNanos(System.nanoTime() - back)).isGreaterThan(AwayLinks.SETTLE);
    }

    private void awaitFailures(String ending) {
        int failures = 5;
        List<CheckReport> seen = new ArrayList<>();
        await().atMost(EngineBench.PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> {
            CheckReport last = bench.lastCheck("web1");
            if (!last.success() && last.detail().endsWith(ending) && !seen.contains(last)) {
                seen.add(last);
            }
            return seen.size() >= failures;
        });
    }
}
