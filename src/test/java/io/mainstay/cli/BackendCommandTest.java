// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.control.BackendChangeOutcome;
import io.mainstay.control.BackendChangeRequest;
import io.mainstay.control.FakeControlHandler;
import io.mainstay.control.PersistenceClearRequest;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.net.IpAddress;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.SampleStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The commands about services, their backends, and the clients that keep them. */
class BackendCommandTest extends CommandBench {

    @Test
    void backendsAreListed() {
        Ended list = harness.run("backend", "list");
        assertThat(list.exitCode()).isZero();
        assertThat(list.out().lines())
                .hasSize(9)
                .first()
                .isEqualTo(
                        "BACKEND            STATE              FOR    ADDRESS         WEIGHT      CONN  TOTAL  IN        OUT        LAST CHECK");
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
    void aBackendToWhichClientsMayComeBackIsNotTakenForEmpty() {
        harness.handler.status = SampleStatus.snapshot(5, true);
        assertThat(harness.run("backend", "list").out())
                .contains("DRAINING 42s left")
                .contains("none expected to be left in 17s; clients that it had may come back\n");
        harness.handler.status = SampleStatus.snapshot(0, true);
        assertThat(harness.run("backend", "list").out())
                .contains("DRAINING 42s left")
                .contains("  https/web3: no connection left, but clients that it had may come back\n");
        harness.handler.status = SampleStatus.snapshot(0, false);
        assertThat(harness.run("backend", "list").out()).doesNotContain("left").doesNotContain("come back");
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
                .contains("  https: 3000000000 packets in and 12 out\n")
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
}
