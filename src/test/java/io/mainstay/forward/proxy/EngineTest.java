// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The engine as a whole on real sockets of this host: gate, drain, checks, states. */
class EngineTest {

    private static final Duration OFTEN = Duration.ofMillis(50);
    private static final HealthCheckConfig TCP_OFTEN =
            new HealthCheckConfig(new HealthCheckConfig.Tcp(), OFTEN, Duration.ofSeconds(20), 2, 2);

    private final EngineBench bench = new EngineBench();
    private final List<Socket> clients = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        bench.close();
    }

    /** A client whose connection has got through to a backend and back. */
    private Socket connectedClient() throws IOException {
        Socket client = bench.client();
        clients.add(client);
        client.getOutputStream().write('x');
        assertThat(client.getInputStream().read()).isEqualTo('x');
        return client;
    }

    private static void expectReset(Socket client) {
        assertThatThrownBy(() -> client.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    private void expectRefused() {
        assertThatThrownBy(this::connectedClient)
                .isInstanceOf(SocketException.class)
                .hasMessageMatching(".*(reset|Broken pipe).*");
    }

    private static HealthCheckConfig http(int lowest, int highest) {
        return new HealthCheckConfig(
                new HealthCheckConfig.Http("/", "", lowest, highest), OFTEN, Duration.ofSeconds(20), 2, 2);
    }

    private static ScriptedServer.Script answering(AtomicInteger status) {
        return connection -> {
            byte[] answer = ("HTTP/1.1 " + status.get() + " x\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
            connection.getInputStream().read(new byte[1024]);
            connection.getOutputStream().write(answer);
        };
    }

    @Test
    void roundRobinSharesConnectionsOutByWeight() throws IOException {
        ScriptedServer heavy = ScriptedServer.start("127.0.1.1", ScriptedServer.ECHO, true);
        ScriptedServer light = ScriptedServer.start("127.0.1.2", ScriptedServer.ECHO, true);
        try (heavy;
                light) {
            bench.backend(heavy.as("heavy", 300))
                    .backend(light.as("light", 100))
                    .start();
            for (int i = 0; i < 40; i++) {
                connectedClient();
            }
            assertThat(bench.backend("heavy").total()).isEqualTo(30);
            assertThat(bench.backend("light").total()).isEqualTo(10);
            assertThat(bench.service().active()).isEqualTo(40);
        }
    }

    @Test
    void leastConnFollowsTheLoad() throws IOException {
        bench.balance(Balance.LEAST_CONN);
        bench.server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        for (int i = 0; i < 6; i++) {
            connectedClient();
        }
        assertThat(bench.backend("web1").active()).isEqualTo(3);
        // The clients of one backend leave, so the next ones go there.
        bench.engine().drain("web", "web1", Duration.ZERO).join();
        bench.engine().ready("web", "web1");
        for (int i = 0; i < 3; i++) {
            connectedClient();
        }
        assertThat(bench.backend("web1").active()).isEqualTo(3);
        assertThat(bench.backend("web2").active()).isEqualTo(3);
    }

    @Test
    void aVirtualAddressIsServedOnlyWhileItsGateIsOpen() throws Exception {
        Set<IpAddress> addresses = Set.of(IpAddress.parse("127.0.0.5"));
        bench.listenOn("127.0.0.5").virtualAddress("127.0.0.5").server(ScriptedServer.ECHO);
        bench.start();
        assertThat(bench.service().open()).isFalse();
        expectRefused();
        assertThat(bench.refused(RefusalReason.GATE_CLOSED)).isEqualTo(1);

        bench.engine().openGate(addresses);
        assertThat(bench.service().open()).isTrue();
        Socket one = connectedClient();
        Socket two = connectedClient();

        assertThat(bench.engine().closeGate(addresses).get(30, TimeUnit.SECONDS))
                .isEqualTo(2);
        expectReset(one);
        expectReset(two);
        assertThat(bench.service().active()).isZero();
        expectRefused();

        bench.engine().openGate(addresses);
        connectedClient();
    }

    @Test
    void anAddressThatIsNotVirtualHasNoGate() throws Exception {
        bench.virtualAddress("127.0.0.5").server(ScriptedServer.ECHO);
        bench.start();
        Socket client = connectedClient();
        Set<IpAddress> addresses = Set.of(IpAddress.parse("127.0.0.1"));
        assertThat(bench.engine().closeGate(addresses).get(30, TimeUnit.SECONDS))
                .isZero();
        client.getOutputStream().write('y');
        assertThat(client.getInputStream().read()).isEqualTo('y');
    }

    @Test
    void aDrainedBackendGetsNothingNewAndKeepsItsConnectionsUntilTheyEnd() throws Exception {
        bench.server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        Socket old = connectedClient();
        CompletableFuture<DrainOutcome> drained = bench.engine().drain("web", "web1", Duration.ofMinutes(5));
        for (int i = 0; i < 4; i++) {
            connectedClient();
        }
        BackendSnapshot draining = bench.backend("web1");
        assertThat(draining.state()).isEqualTo(BackendState.DRAINING);
        assertThat(draining.total()).isEqualTo(1);
        assertThat(draining.drain()).extracting(DrainStatus::live).isEqualTo(1);
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.backend("web1").drain())
                        .extracting(DrainStatus::oldest)
                        .as("age of the connection that is left")
                        .matches(age -> age != null && age.isPositive()));
        assertThat(drained).isNotDone();
        old.getOutputStream().write('y');
        assertThat(old.getInputStream().read()).isEqualTo('y');
        old.close();
        DrainOutcome outcome = drained.get(30, TimeUnit.SECONDS);
        assertThat(outcome.finishedThemselves()).isEqualTo(1);
        assertThat(outcome.reset()).isZero();
        assertThat(bench.backend("web1").state()).isEqualTo(BackendState.DRAINING);
    }

    @Test
    void atTheDeadlineOfADrainTheRestIsReset() throws Exception {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        List<Socket> rest = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            rest.add(connectedClient());
        }
        DrainOutcome outcome =
                bench.engine().drain("web", "web1", Duration.ofMillis(100)).get(30, TimeUnit.SECONDS);
        assertThat(outcome.reset()).isEqualTo(20);
        assertThat(outcome.cancelled()).isFalse();
        assertThat(outcome.duration()).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        for (Socket client : rest) {
            expectReset(client);
        }
        assertThat(bench.events(ProxyEvent.DrainFinished.class))
                .containsExactly(new ProxyEvent.DrainFinished("web", "web1", outcome));
    }

    @Test
    void whoMayComeBackToADrainedBackendMayNotAfterTheDeadline() throws Exception {
        bench.selection(SelectionConfig.of(Balance.ROUND_ROBIN)
                .withPersistence(new PersistenceConfig(
                        AddressGrouping.DEFAULT, Duration.ofHours(1), 100, PersistenceConfig.DuringDrain.ALLOW)));
        bench.server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        List<Socket> rest = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            rest.add(connectedClient());
        }
        CompletableFuture<DrainOutcome> drained = bench.engine().drain("web", "web1", Duration.ofHours(1));
        rest.add(connectedClient());
        assertThat(bench.backend("web1").active()).isEqualTo(11);
        var unused = bench.engine().drain("web", "web1", Duration.ofMillis(100));
        for (Socket client : rest) {
            expectReset(client);
            connectedClient();
        }
        assertThat(drained.get(30, TimeUnit.SECONDS).reset()).isEqualTo(11);
        assertThat(bench.backend("web2").active()).isEqualTo(11);
    }

    @Test
    void aDrainThatIsAskedForAgainEndsAtTheNewDeadline() throws Exception {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        Socket client = connectedClient();
        CompletableFuture<DrainOutcome> first = bench.engine().drain("web", "web1", Duration.ofHours(1));
        DrainOutcome outcome =
                bench.engine().drain("web", "web1", Duration.ofMillis(100)).get(30, TimeUnit.SECONDS);
        assertThat(outcome.reset()).isEqualTo(1);
        assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(outcome);
        expectReset(client);
    }

    @Test
    void aBackendThatDiesIsTakenOutAndComesBackByItself() throws IOException {
        ScriptedServer mortal = bench.check(TCP_OFTEN).server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        bench.awaitState("web1", BackendState.HEALTHY);
        bench.awaitState("web2", BackendState.HEALTHY);
        mortal.stopListening();
        bench.awaitState("web1", BackendState.UNHEALTHY);
        CheckReport report = bench.lastCheck("web1");
        assertThat(report.success()).isFalse();
        assertThat(report.detail()).isEqualTo("connect: connection refused (errno 111)");
        for (int i = 0; i < 4; i++) {
            connectedClient();
        }
        assertThat(bench.backend("web1").total()).isZero();
        mortal.listenAgain();
        bench.awaitState("web1", BackendState.HEALTHY);
        assertThat(bench.events(ProxyEvent.BackendStateChanged.class))
                .filteredOn(change -> change.backend().equals("web1"))
                .extracting(ProxyEvent.BackendStateChanged::to)
                .startsWith(BackendState.HEALTHY, BackendState.UNHEALTHY, BackendState.HEALTHY);
    }

    @Test
    void aServiceWithoutBackendIsToldAndResetsItsClients() {
        ScriptedServer only = bench.check(TCP_OFTEN).server(ScriptedServer.ECHO);
        bench.start();
        only.stopListening();
        bench.awaitState("web1", BackendState.UNHEALTHY);
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.events(ProxyEvent.ServiceWithoutBackend.class))
                        .hasSize(1));
        expectRefused();
        assertThat(bench.refused(RefusalReason.NO_BACKEND)).isEqualTo(1);
        only.listenAgain();
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.events(ProxyEvent.ServiceServedBy.class))
                        .hasSize(1));
    }

    @Test
    void anHttpCheckFollowsTheStatus() {
        AtomicInteger status = new AtomicInteger(200);
        bench.check(http(200, 399)).server(answering(status));
        bench.start();
        bench.awaitState("web1", BackendState.HEALTHY);
        status.set(503);
        bench.awaitState("web1", BackendState.UNHEALTHY);
        CheckReport report = bench.lastCheck("web1");
        assertThat(report.detail()).isEqualTo("HTTP status 503 (expected: 200..399)");
        status.set(302);
        bench.awaitState("web1", BackendState.HEALTHY);
    }

    @Test
    void aServerThatAcceptsAndNeverAnswersFailsItsHttpCheck() {
        bench.check(new HealthCheckConfig(
                new HealthCheckConfig.Http("/", "", 200, 399), Duration.ofSeconds(1), Duration.ofMillis(200), 2, 2));
        bench.server(ScriptedServer.SILENT);
        bench.start();
        CheckReport report = bench.lastCheck("web1");
        assertThat(report.detail()).isEqualTo("no complete answer within 200ms");
        assertThat(bench.backend("web1").state()).isEqualTo(BackendState.UNHEALTHY);
    }

    @Test
    void aHostThatDoesNotAnswerAtAllFailsItsCheck() throws IOException {
        try (FullListener deaf = FullListener.open("127.0.1.9")) {
            deaf.fill();
            bench.check(new HealthCheckConfig(
                    new HealthCheckConfig.Tcp(), Duration.ofSeconds(1), Duration.ofMillis(200), 2, 2));
            bench.backend(deaf.as("web1")).start();
            CheckReport report = bench.lastCheck("web1");
            assertThat(report.detail()).isEqualTo("connect timed out after 200ms");
        }
    }

    @Test
    void maintenanceStopsTheChecksAndKeepsConnections() throws Exception {
        ScriptedServer checked = bench.check(TCP_OFTEN).server(ScriptedServer.ECHO);
        bench.server(ScriptedServer.ECHO);
        bench.start();
        bench.awaitState("web1", BackendState.HEALTHY);
        bench.awaitState("web2", BackendState.HEALTHY);
        Socket one = connectedClient();
        Socket two = connectedClient();
        bench.engine().maintenance("web", "web1");
        assertThat(bench.backend("web1").state()).isEqualTo(BackendState.MAINTENANCE);
        CheckReport before = bench.lastCheck("web1");
        int acceptedByWeb1 = checked.accepted();
        // Checks of web2 show that there was time for more checks of web1.
        for (int i = 0; i < 5; i++) {
            CheckReport last = bench.lastCheck("web2");
            await().atMost(EngineBench.PATIENCE).until(() -> !last.equals(bench.lastCheck("web2")));
        }
        assertThat(checked.accepted()).isLessThanOrEqualTo(acceptedByWeb1 + 1);
        for (Socket client : List.of(one, two)) {
            client.getOutputStream().write('y');
            assertThat(client.getInputStream().read()).isEqualTo('y');
        }
        bench.engine().ready("web", "web1");
        bench.awaitState("web1", BackendState.HEALTHY);
        assertThat(bench.lastCheck("web1")).isNotEqualTo(before);
    }

    @Test
    void refusalsAreToldOnceForEachReasonWithTheirNumber() {
        ScriptedServer only = bench.check(TCP_OFTEN).server(ScriptedServer.ECHO);
        bench.start();
        only.stopListening();
        bench.awaitState("web1", BackendState.UNHEALTHY);
        for (int i = 0; i < 3; i++) {
            expectRefused();
        }
        bench.engine().tellRefusals();
        bench.engine().tellRefusals();
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.events(ProxyEvent.ClientsRefused.class))
                        .containsExactly(new ProxyEvent.ClientsRefused("web", RefusalReason.NO_BACKEND, 3)));
        expectRefused();
        bench.engine().tellRefusals();
        await().atMost(EngineBench.PATIENCE)
                .untilAsserted(() -> assertThat(bench.events(ProxyEvent.ClientsRefused.class))
                        .last()
                        .isEqualTo(new ProxyEvent.ClientsRefused("web", RefusalReason.NO_BACKEND, 1)));
    }

    @Test
    void aNameThatDoesNotExistIsAnsweredWithTheNamesThatDo() {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        assertThatThrownBy(() -> bench.engine().ready("shop", "web1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("service: shop (expected: one of web)");
        assertThatThrownBy(() -> bench.engine().ready("web", "web9"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("backend of web: web9 (expected: one of web1)");
    }
}
