// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventFeed;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.EventJson;
import io.mainstay.observe.JsonFields;
import io.mainstay.observe.StatusJson;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server on a real socket, by our own client and by hand-written octets. */
class ControlServerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final FakeControlHandler handler = new FakeControlHandler();
    private Path socket;
    private EventJournal journal;
    private ControlServer server;
    private ControlClient client;

    @BeforeEach
    void open() throws IOException {
        socket = directory.resolve("run/control.sock");
        journal = EventJournal.open(directory.resolve("state"), () -> new MonotonicInstant(System.nanoTime()));
        server = ControlServer.open(socket, handler, journal);
        client = new ControlClient(socket, PATIENCE);
    }

    @AfterEach
    void close() {
        server.close();
        journal.close();
    }

    private static JsonObject json(ControlClient.Reply reply) {
        return JsonParser.parseString(reply.body()).getAsJsonObject();
    }

    private ControlClient.Reply post(String target, String body) throws ControlClientException {
        return client.post(target, JsonParser.parseString(body).getAsJsonObject(), Optional.of(PATIENCE));
    }

    /** Sends octets as they are and reads until the server closes. */
    private String exchange(String octets) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer out = ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1));
            while (out.hasRemaining()) {
                channel.write(out);
            }
            StringBuilder answer = new StringBuilder();
            ByteBuffer in = ByteBuffer.allocate(64 * 1024);
            try {
                while (channel.read(in) >= 0) {
                    answer.append(StandardCharsets.UTF_8.decode(in.flip()));
                    in.clear();
                }
            } catch (SocketException e) {
                // Closed with some of our octets unread, which is how unix sockets tell it.
            }
            return answer.toString();
        }
    }

    @Test
    void theStatusIsTheHandlersSnapshot() throws Exception {
        ControlClient.Reply reply = client.get("/v1/status");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(StatusJson.fromTree(JsonFields.parse(reply.body()))).isEqualTo(handler.status);
    }

    @Test
    void theBackendsOfAllServicesAreListed() throws Exception {
        List<ControlJson.ServiceBackend> backends =
                ControlJson.backends(JsonFields.parse(client.get("/v1/backends").body()));
        assertThat(backends)
                .extracting(
                        backend -> backend.service() + "/" + backend.status().name())
                .containsExactly("https/web1", "https/web2", "https/web3", "ssh/web1");
        assertThat(backends.getFirst().status())
                .isEqualTo(handler.status.services().getFirst().backends().getFirst());
    }

    @Test
    void theEffectiveConfigurationComesAsYamlOrAsJson() throws Exception {
        assertThat(client.get("/v1/config/effective").body()).isEqualTo(EffectiveConfig.toYaml(handler.config()));
        JsonObject json = json(client.get("/v1/config/effective", "application/json"));
        assertThat(json).isEqualTo(ConfigJson.toTree(handler.config()));
        assertThat(json.getAsJsonArray("virtual_routers")
                        .get(0)
                        .getAsJsonObject()
                        .get("vrid")
                        .getAsInt())
                .isEqualTo(51);
        assertThat(json.getAsJsonArray("virtual_routers")
                        .get(0)
                        .getAsJsonObject()
                        .get("preempt")
                        .getAsBoolean())
                .isTrue();
    }

    @Test
    void aSwitchoverIsHandedOn() throws Exception {
        ControlClient.Reply reply = post("/v1/virtual-routers/switchover", "{}");
        assertThat(handler.switchovers.remove())
                .isEqualTo(new SwitchoverRequest(Optional.empty(), false, Duration.ofSeconds(30)));
        assertThat(ControlJson.switchoverOutcomes(JsonFields.parse(reply.body())))
                .containsExactly(new SwitchoverOutcome(
                        "web", SwitchoverOutcome.Result.STARTED, null, Duration.ofMillis(123), ""));

        reply = post("/v1/virtual-routers/switchover", "{\"name\":\"db\",\"wait\":true,\"timeout\":\"5s\"}");
        SwitchoverRequest asked = handler.switchovers.remove();
        assertThat(asked).isEqualTo(new SwitchoverRequest(Optional.of("db"), true, Duration.ofSeconds(5)));
        assertThat(ControlJson.toTree(asked))
                .isEqualTo(JsonParser.parseString("{\"name\":\"db\",\"wait\":true,\"timeout\":\"5s\"}"));
        assertThat(ControlJson.switchoverOutcomes(JsonFields.parse(reply.body())))
                .containsExactly(new SwitchoverOutcome(
                        "db", SwitchoverOutcome.Result.HANDED_OVER, "198.51.100.2", Duration.ofMillis(123), ""));
    }

    @Test
    void aChangeOfABackendIsHandedOn() throws Exception {
        ControlClient.Reply reply =
                post("/v1/services/https/backends/web1/drain", "{\"timeout\":\"90s\",\"wait\":true}");
        BackendChangeRequest asked = handler.backendChanges.remove();
        assertThat(asked)
                .isEqualTo(new BackendChangeRequest(
                        "https", "web1", BackendChangeRequest.Change.DRAIN, Optional.of(Duration.ofSeconds(90)), true));
        assertThat(ControlJson.toTree(asked)).isEqualTo(JsonParser.parseString("{\"timeout\":\"90s\",\"wait\":true}"));
        assertThat(ControlJson.backendChangeOutcome(JsonFields.parse(reply.body())))
                .isEqualTo(FakeControlHandler.outcome(asked, 0));

        String name = ControlClient.segment("[2001:db8::1]:443");
        post("/v1/services/" + name + "/backends/a%20b%2Fc/maint", "{}");
        assertThat(handler.backendChanges.remove())
                .isEqualTo(new BackendChangeRequest(
                        "[2001:db8::1]:443", "a b/c", BackendChangeRequest.Change.MAINT, Optional.empty(), false));
        post("/v1/services/s/backends/b/ready", "{}");
        assertThat(handler.backendChanges.remove().change()).isEqualTo(BackendChangeRequest.Change.READY);
    }

    @Test
    void aCheckOnRequestIsAnsweredWithItsSteps() throws Exception {
        BackendCheckOutcome outcome = ServiceJson.backendCheckOutcome(JsonFields.parse(
                post("/v1/services/https/backends/web1/check", "{}").body()));
        assertThat(outcome)
                .isEqualTo(handler.checkBackend("https", "web1")
                        .toCompletableFuture()
                        .join());
        assertThat(client.get("/v1/services/https/backends/web1/check").status())
                .isEqualTo(405);
    }

    @Test
    void clientsThatKeepTheirBackendsAreListedAndForgotten() throws Exception {
        PersistenceList list = ServiceJson.persistenceList(JsonFields.parse(
                client.get("/v1/services/https/persistence?limit=5").body()));
        assertThat(list).isEqualTo(handler.persistence("https", 5));
        assertThat(handler.persistenceLists.remove()).isEqualTo("https 5");
        ControlClient.Reply cleared =
                post("/v1/services/https/persistence/clear", "{\"backend\":\"web1\",\"client\":\"2001:db8::1\"}");
        PersistenceClearRequest asked = handler.persistenceClears.remove();
        assertThat(asked)
                .isEqualTo(new PersistenceClearRequest(
                        "https", Optional.of("web1"), Optional.of(IpAddress.parse("2001:db8::1"))));
        assertThat(ServiceJson.toTree(asked))
                .isEqualTo(JsonParser.parseString("{\"backend\":\"web1\",\"client\":\"2001:db8::1\"}"));
        assertThat(ServiceJson.cleared(JsonFields.parse(cleared.body()))).isEqualTo(42);
    }

    @ParameterizedTest
    @CsvSource({"-1", "x", "1000001", "''"})
    void aLimitThatIsNoneIsRefused(String limit) throws Exception {
        ControlClient.Reply reply = client.get("/v1/services/https/persistence?limit=" + limit);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).contains("limit: " + limit + " (expected: 0..1000000)");
    }

    @Test
    void aClientThatIsNoAddressIsRefused() throws Exception {
        ControlClient.Reply reply = post("/v1/services/https/persistence/clear", "{\"client\":\"web\"}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).contains("client: web (expected: an address)");
        assertThat(post("/v1/services/https/persistence", "{}").status()).isEqualTo(405);
        assertThat(client.get("/v1/services/https/persistence/other").status()).isEqualTo(404);
    }

    @Test
    void anAnswerThatTakesTimeHoldsUpNobodyElse() throws Exception {
        CompletableFuture<BackendChangeOutcome> drained = new CompletableFuture<>();
        handler.backendChange = request -> drained;
        CompletableFuture<ControlClient.Reply> waiting = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                waiting.complete(post("/v1/services/s/backends/b/drain", "{\"wait\":true}"));
            } catch (ControlClientException e) {
                waiting.completeExceptionally(e);
            }
        });
        BackendChangeRequest asked = handler.backendChanges.poll(30, TimeUnit.SECONDS);
        assertThat(asked).isNotNull();
        assertThat(client.get("/v1/status").status()).isEqualTo(200);
        assertThat(waiting).isNotDone();
        drained.complete(FakeControlHandler.outcome(asked, 0));
        assertThat(waiting.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID, 400, invalid",
        "NOT_PERMITTED, 403, not_permitted",
        "NOT_FOUND, 404, not_found",
        "CONFLICT, 409, conflict",
        "UNAVAILABLE, 503, unavailable",
        "TIMEOUT, 504, timeout"
    })
    void aRefusalIsAnAnswer(ControlRefusal.Reason reason, int status, String code) throws Exception {
        for (boolean thrown : new boolean[] {true, false}) {
            ControlRefusal refusal = new ControlRefusal(reason, "no, because");
            handler.switchover = request -> {
                if (thrown) {
                    throw refusal;
                }
                return CompletableFuture.failedStage(refusal);
            };
            ControlClient.Reply reply = post("/v1/virtual-routers/switchover", "{}");
            assertThat(reply.status()).isEqualTo(status);
            assertThat(json(reply))
                    .isEqualTo(JsonParser.parseString(
                            "{\"error\":{\"code\":\"%s\",\"message\":\"no, because\"}}".formatted(code)));
        }
    }

    @Test
    void aDefectOfTheHandlerIsAnsweredWithoutItsDetails() throws Exception {
        handler.switchover = request -> CompletableFuture.failedStage(new IllegalStateException("secret"));
        ControlClient.Reply reply = post("/v1/virtual-routers/switchover", "{}");
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).contains("\"internal\"").doesNotContain("secret");
        assertThat(client.get("/v1/version").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/virtual-routers/switchover | {\"nam\":\"web\"} | nam: unknown member (expected: name, timeout,"
                        + " wait)",
                "/v1/virtual-routers/switchover | {\"name\":5} | name: 5 (expected: a text)",
                "/v1/virtual-routers/switchover | {\"wait\":\"yes\"} | wait: \"yes\" (expected: true or false)",
                "/v1/virtual-routers/switchover | {\"timeout\":\"5\"}"
                        + " | timeout: 5 (expected: a duration such as 10s or 1m)",
                "/v1/services/s/backends/b/drain | {\"name\":\"x\"} | name: unknown member (expected: timeout, wait)",
            })
    void aBodyWithAMistakeIsRefused(String target, String body, String message) throws Exception {
        ControlClient.Reply reply = post(target, body);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(json(reply).getAsJsonObject("error").get("message").getAsString())
                .isEqualTo(message);
        assertThat(handler.switchovers).isEmpty();
        assertThat(handler.backendChanges).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "[]", "{", "5", "{\"a\":1}}", "nul"})
    void aBodyThatIsNoObjectIsRefused(String body) throws Exception {
        String answer = exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\"code\": \"invalid\"");
        assertThat(handler.switchovers).isEmpty();
    }

    @Test
    void anEmptyBodyAsksByDefault() throws Exception {
        String answer =
                exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        assertThat(handler.switchovers).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /, 404",
        "GET, /v2/status, 404",
        "GET, /v1, 404",
        "GET, /v1/, 404",
        "GET, /v1/status/, 404",
        "GET, //v1/status, 404",
        "GET, /v1/services/s/backends/b/kill, 404",
        "GET, /v1/services/s/backends/b/drain, 405",
        "GET, /v1/services/s, 404",
        "GET, /v1/services/s/drain, 405",
        "POST, /v1/services/s/kill, 404",
        "POST, /v1/services, 405",
        "GET, /v1/node/drain, 405",
        "GET, /v1/node/ready, 405",
        "POST, /v1/node, 404",
        "GET, /v1/virtual-routers/switchover, 405",
        "POST, /v1/status, 405",
        "DELETE, /v1/events, 405",
        "GET, /v1/events?since=x, 400",
        "GET, /v1/events?since=-1, 400",
        "GET, /v1/events?since=99999999999999999999, 400",
        "GET, /v1/events?follow=maybe, 400",
        "GET, /v1/%zz, 400",
        "GET, /v1/status?%, 400"
    })
    void aRequestThatFitsNothingGetsItsStatus(String method, String target, int status) throws Exception {
        assertThat(exchange(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("\"error\"");
    }

    @Test
    void octetsThatAreNotHttpAreRefusedAndTheServerGoesOn() throws Exception {
        assertThat(exchange("\r\n\r\n\u0001\u0002\u0003 nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        assertThat(exchange("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 4");
        assertThat(exchange("GET /v1/status HTTP/1.1\r\nx: " + "y".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nContent-Length: -5\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
        assertThat(exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"
                        + "x".repeat(100_000)))
                .startsWith("HTTP/1.1 413 ");
        assertThat(client.get("/v1/version").status()).isEqualTo(200);
    }

    @Test
    void severalRequestsOfOneConnectionAreAnsweredInOrder() throws Exception {
        String answer = exchange(String.join(
                "\r\nHost: x\r\n\r\n",
                "GET /v1/version HTTP/1.1",
                "GET /v1/nothing HTTP/1.1",
                "GET /v1/version HTTP/1.1\r\nConnection: close",
                ""));
        List<String> statusLines =
                answer.lines().filter(line -> line.startsWith("HTTP/1.1 ")).toList();
        assertThat(statusLines).containsExactly("HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK");
    }

    @Test
    void aRequestOfAConnectionStartsOnlyWhenTheOneBeforeIsAnswered() throws Exception {
        CompletableFuture<List<SwitchoverOutcome>> first = new CompletableFuture<>();
        handler.switchover = request -> first;
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            String request = "POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\n\r\n";
            connection.write(ByteBuffer.wrap((request + request).getBytes(StandardCharsets.UTF_8)));
            assertThat(handler.switchovers.poll(30, TimeUnit.SECONDS)).isNotNull();
            // Answered over another connection, after the second request has long arrived.
            assertThat(client.get("/v1/version").good()).isTrue();
            assertThat(handler.switchovers).isEmpty();
            first.complete(List.of());
            assertThat(handler.switchovers.poll(30, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void aFloodOfRequestsAheadOfTheirAnswersIsCutOff() throws Exception {
        CompletableFuture<List<SwitchoverOutcome>> never = new CompletableFuture<>();
        handler.switchover = request -> never;
        String answer = exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50));
        assertThat(answer).startsWith("HTTP/1.1 429 ");
        assertThat(client.get("/v1/version").status()).isEqualTo(200);
    }

    @Test
    void eventsAreListedFromANumberOn() throws Exception {
        for (int i = 1; i <= 3; i++) {
            journal.append(EventDraft.info("test", "web", "event " + i));
        }
        await().atMost(PATIENCE).until(() -> journal.since(0).size() == 3);
        assertThat(client.get("/v1/events?since=1")
                        .body()
                        .lines()
                        .map(EventJson::fromLine)
                        .toList())
                .isEqualTo(journal.since(1));
        assertThat(client.get("/v1/events").body().lines()).hasSize(3);
        assertThat(client.get("/v1/events?since=3").body()).isEmpty();
    }

    @Test
    void eventsAreFollowedAsTheyCome() throws Exception {
        journal.append(EventDraft.info("test", "web", "before"));
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        CompletableFuture<Optional<ControlClient.Reply>> following = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                following.complete(client.follow("/v1/events?since=0&follow=true", lines::add));
            } catch (ControlClientException e) {
                following.completeExceptionally(e);
            }
        });
        for (String sentence : List.of("before", "second", "third")) {
            if (!sentence.equals("before")) {
                journal.append(EventDraft.info("test", "web", sentence));
            }
            String line = lines.poll(30, TimeUnit.SECONDS);
            assertThat(line).isNotNull();
            assertThat(EventJson.fromLine(line).sentence()).isEqualTo(sentence);
        }
        journal.close();
        assertThat(following.get(30, TimeUnit.SECONDS))
                .as("the feed's end ends the answer")
                .isEmpty();
    }

    @Test
    void followersThatGoAwayMakeRoomForOthers() throws Exception {
        List<SocketChannel> followers = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_CONNECTIONS; i++) {
            SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap(
                    "GET /v1/events?follow=true HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
            ByteBuffer first = ByteBuffer.allocate(1);
            assertThat(channel.read(first)).isEqualTo(1);
            followers.add(channel);
        }
        assertThat(exchange("GET /v1/version HTTP/1.1\r\n\r\n")).as("no room").isEmpty();
        for (SocketChannel follower : followers) {
            follower.close();
        }
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> client.get("/v1/version").good());
    }

    @Test
    void nobodyWaitsForEventsOnBehalfOfAFollowerWhoHasGone() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        EventFeed silent = new EventFeed() {
            @Override
            public List<Event> since(long sequence) {
                return List.of();
            }

            @Override
            public List<Event> awaitSince(long sequence, Duration timeout) throws InterruptedException {
                seen.add("waits");
                try {
                    new CountDownLatch(1).await(timeout.toSeconds(), TimeUnit.SECONDS);
                    return List.of();
                } catch (InterruptedException e) {
                    seen.add("interrupted");
                    throw e;
                }
            }

            @Override
            public boolean ended() {
                return false;
            }
        };
        Path other = directory.resolve("other.sock");
        try (ControlServer silentServer = ControlServer.open(other, handler, silent)) {
            assertThat(silentServer).isNotNull();
            SocketChannel follower = SocketChannel.open(UnixDomainSocketAddress.of(other));
            follower.write(ByteBuffer.wrap(
                    "GET /v1/events?follow=true HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("waits");
            follower.close();
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("interrupted");
        }
    }

    @Test
    void closingEndsThoseWhoFollow() throws Exception {
        CompletableFuture<Optional<ControlClient.Reply>> following = new CompletableFuture<>();
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread.ofVirtual().start(() -> {
            try {
                following.complete(client.follow("/v1/events?follow=true", lines::add));
            } catch (ControlClientException e) {
                following.completeExceptionally(e);
            }
        });
        journal.append(EventDraft.info("test", "web", "one"));
        assertThat(lines.poll(30, TimeUnit.SECONDS)).isNotNull();
        server.close();
        assertThat(following
                        .handle((reply, thrown) -> thrown == null ? "ended" : String.valueOf(thrown.getMessage()))
                        .get(30, TimeUnit.SECONDS))
                .isEqualTo("it closed the connection before its answer was complete");
    }
}
