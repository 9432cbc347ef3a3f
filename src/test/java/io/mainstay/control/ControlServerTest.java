// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.observe.JsonFields;
import io.mainstay.observe.StatusJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may be asked, who is asked on its behalf, and what is answered; by our own client. */
class ControlServerTest {

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
    void theStatusIsTheHandlersSnapshot() throws Exception {
        ControlClient.Reply reply = rig.client.get("/v1/status");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(StatusJson.fromTree(JsonFields.parse(reply.body()))).isEqualTo(rig.handler.status);
    }

    @Test
    void theBackendsOfAllServicesAreListed() throws Exception {
        List<ControlJson.ServiceBackend> backends = ControlJson.backends(
                JsonFields.parse(rig.client.get("/v1/backends").body()));
        assertThat(backends)
                .extracting(
                        backend -> backend.service() + "/" + backend.status().name())
                .containsExactly("https/web1", "https/web2", "https/web3", "ssh/web1");
        assertThat(backends.getFirst().status())
                .isEqualTo(rig.handler.status.services().getFirst().backends().getFirst());
    }

    @Test
    void theEffectiveConfigurationComesAsYamlOrAsJson() throws Exception {
        assertThat(rig.client.get("/v1/config/effective").body())
                .isEqualTo(EffectiveConfig.toYaml(rig.handler.config()));
        JsonObject json = ControlRig.json(rig.client.get("/v1/config/effective", "application/json"));
        assertThat(json).isEqualTo(ConfigJson.toTree(rig.handler.config()));
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
        ControlClient.Reply reply = rig.post("/v1/virtual-routers/switchover", "{}");
        assertThat(rig.handler.switchovers.remove())
                .isEqualTo(new SwitchoverRequest(Optional.empty(), false, Duration.ofSeconds(30)));
        assertThat(ControlJson.switchoverOutcomes(JsonFields.parse(reply.body())))
                .containsExactly(new SwitchoverOutcome(
                        "web", SwitchoverOutcome.Result.STARTED, null, Duration.ofMillis(123), ""));

        reply = rig.post("/v1/virtual-routers/switchover", "{\"name\":\"db\",\"wait\":true,\"timeout\":\"5s\"}");
        SwitchoverRequest asked = rig.handler.switchovers.remove();
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
                rig.post("/v1/services/https/backends/web1/drain", "{\"timeout\":\"90s\",\"wait\":true}");
        BackendChangeRequest asked = rig.handler.backendChanges.remove();
        assertThat(asked)
                .isEqualTo(new BackendChangeRequest(
                        "https", "web1", BackendChangeRequest.Change.DRAIN, Optional.of(Duration.ofSeconds(90)), true));
        assertThat(ControlJson.toTree(asked)).isEqualTo(JsonParser.parseString("{\"timeout\":\"90s\",\"wait\":true}"));
        assertThat(ControlJson.backendChangeOutcome(JsonFields.parse(reply.body())))
                .isEqualTo(FakeControlHandler.outcome(asked, 0));

        String name = ControlClient.segment("[2001:db8::1]:443");
        rig.post("/v1/services/" + name + "/backends/a%20b%2Fc/maint", "{}");
        assertThat(rig.handler.backendChanges.remove())
                .isEqualTo(new BackendChangeRequest(
                        "[2001:db8::1]:443", "a b/c", BackendChangeRequest.Change.MAINT, Optional.empty(), false));
        rig.post("/v1/services/s/backends/b/ready", "{}");
        assertThat(rig.handler.backendChanges.remove().change()).isEqualTo(BackendChangeRequest.Change.READY);
    }

    @Test
    void aCheckOnRequestIsAnsweredWithItsSteps() throws Exception {
        BackendCheckOutcome outcome = ServiceJson.backendCheckOutcome(JsonFields.parse(
                rig.post("/v1/services/https/backends/web1/check", "{}").body()));
        assertThat(outcome)
                .isEqualTo(rig.handler
                        .checkBackend("https", "web1")
                        .toCompletableFuture()
                        .join());
        assertThat(rig.client.get("/v1/services/https/backends/web1/check").status())
                .isEqualTo(405);
    }

    @Test
    void clientsThatKeepTheirBackendsAreListedAndForgotten() throws Exception {
        PersistenceList list = ServiceJson.persistenceList(JsonFields.parse(
                rig.client.get("/v1/services/https/persistence?limit=5").body()));
        assertThat(list).isEqualTo(rig.handler.persistence("https", 5));
        assertThat(rig.handler.persistenceLists.remove()).isEqualTo("https 5");
        ControlClient.Reply cleared =
                rig.post("/v1/services/https/persistence/clear", "{\"backend\":\"web1\",\"client\":\"2001:db8::1\"}");
        PersistenceClearRequest asked = rig.handler.persistenceClears.remove();
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
        ControlClient.Reply reply = rig.client.get("/v1/services/https/persistence?limit=" + limit);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).contains("limit: " + limit + " (expected: 0..1000000)");
    }

    @Test
    void aClientThatIsNoAddressIsRefused() throws Exception {
        ControlClient.Reply reply = rig.post("/v1/services/https/persistence/clear", "{\"client\":\"web\"}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).contains("client: web (expected: an address)");
        assertThat(rig.post("/v1/services/https/persistence", "{}").status()).isEqualTo(405);
        assertThat(rig.client.get("/v1/services/https/persistence/other").status())
                .isEqualTo(404);
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
            rig.handler.switchover = request -> {
                if (thrown) {
                    throw refusal;
                }
                return CompletableFuture.failedStage(refusal);
            };
            ControlClient.Reply reply = rig.post("/v1/virtual-routers/switchover", "{}");
            assertThat(reply.status()).isEqualTo(status);
            assertThat(ControlRig.json(reply))
                    .isEqualTo(JsonParser.parseString(
                            "{\"error\":{\"code\":\"%s\",\"message\":\"no, because\"}}".formatted(code)));
        }
    }

    @Test
    void aDefectOfTheHandlerIsAnsweredWithoutItsDetails() throws Exception {
        rig.handler.switchover = request -> CompletableFuture.failedStage(new IllegalStateException("secret"));
        ControlClient.Reply reply = rig.post("/v1/virtual-routers/switchover", "{}");
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).contains("\"internal\"").doesNotContain("secret");
        assertThat(rig.client.get("/v1/version").status()).isEqualTo(200);
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
        ControlClient.Reply reply = rig.post(target, body);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(ControlRig.json(reply)
                        .getAsJsonObject("error")
                        .get("message")
                        .getAsString())
                .isEqualTo(message);
        assertThat(rig.handler.switchovers).isEmpty();
        assertThat(rig.handler.backendChanges).isEmpty();
    }
}
