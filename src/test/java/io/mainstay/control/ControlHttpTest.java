// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 as the server speaks it, mostly by hand-written octets: what fits nothing, what is broken, what comes too early. */
class ControlHttpTest {

    @TempDir
    Path directory;

    private ControlRig rig;

    @BeforeEach
    void open() throws IOException {
        rig = ControlRig.open(directory);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void anAnswerThatTakesTimeHoldsUpNobodyElse() throws Exception {
        CompletableFuture<BackendChangeOutcome> drained = new CompletableFuture<>();
        rig.handler.backendChange = request -> drained;
        CompletableFuture<ControlClient.Reply> waiting = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                waiting.complete(rig.post("/v1/services/s/backends/b/drain", "{\"wait\":true}"));
            } catch (ControlClientException e) {
                waiting.completeExceptionally(e);
            }
        });
        BackendChangeRequest asked = rig.handler.backendChanges.poll(30, TimeUnit.SECONDS);
        assertThat(asked).isNotNull();
        assertThat(rig.client.get("/v1/status").status()).isEqualTo(200);
        assertThat(waiting).isNotDone();
        drained.complete(FakeControlHandler.outcome(asked, 0));
        assertThat(waiting.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "[]", "{", "5", "{\"a\":1}}", "nul"})
    void aBodyThatIsNoObjectIsRefused(String body) throws Exception {
        String answer = rig.exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\"code\": \"invalid\"");
        assertThat(rig.handler.switchovers).isEmpty();
    }

    @Test
    void anEmptyBodyAsksByDefault() throws Exception {
        String answer =
                rig.exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        assertThat(rig.handler.switchovers).hasSize(1);
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
        assertThat(rig.exchange(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("\"error\"");
    }

    @Test
    void octetsThatAreNotHttpAreRefusedAndTheServerGoesOn() throws Exception {
        assertThat(rig.exchange("\r\n\r\n\u0001\u0002\u0003 nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        assertThat(rig.exchange("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(rig.exchange("GET /v1/status HTTP/1.1\r\nx: " + "y".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(rig.exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nContent-Length: -5\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
        assertThat(rig.exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"
                        + "x".repeat(100_000)))
                .startsWith("HTTP/1.1 413 ");
        assertThat(rig.client.get("/v1/version").status()).isEqualTo(200);
    }

    @Test
    void severalRequestsOfOneConnectionAreAnsweredInOrder() throws Exception {
        String answer = rig.exchange(String.join(
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
        rig.handler.switchover = request -> first;
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(rig.socket))) {
            String request = "POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\n\r\n";
            connection.write(ByteBuffer.wrap((request + request).getBytes(StandardCharsets.UTF_8)));
            assertThat(rig.handler.switchovers.poll(30, TimeUnit.SECONDS)).isNotNull();
            // Answered over another connection, after the second request has long arrived.
            assertThat(rig.client.get("/v1/version").good()).isTrue();
            assertThat(rig.handler.switchovers).isEmpty();
            first.complete(List.of());
            assertThat(rig.handler.switchovers.poll(30, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void aFloodOfRequestsAheadOfTheirAnswersIsCutOff() throws Exception {
        CompletableFuture<List<SwitchoverOutcome>> never = new CompletableFuture<>();
        rig.handler.switchover = request -> never;
        String answer = rig.exchange("POST /v1/virtual-routers/switchover HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50));
        assertThat(answer).startsWith("HTTP/1.1 429 ");
        assertThat(rig.client.get("/v1/version").status()).isEqualTo(200);
    }
}
