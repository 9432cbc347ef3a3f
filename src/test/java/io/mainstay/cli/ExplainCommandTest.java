// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.observe.EventDraft;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mainstay explain} and {@code mainstay events}, with a daemon and without. */
class ExplainCommandTest {

    private static final Path RECORDED = Path.of("src/test/resources/explain");

    @TempDir
    Path directory;

    private Path stateOf(String recorded) throws IOException {
        Path state = Files.createDirectories(directory.resolve("state"));
        Files.copy(
                RECORDED.resolve(recorded + ".jsonl"),
                state.resolve("events.jsonl"),
                StandardCopyOption.REPLACE_EXISTING);
        return state;
    }

    private Ended withoutDaemon(String... arguments) {
        Map<String, String> environment =
                Map.of(Mainstay.SOCKET_VARIABLE, directory.resolve("none.sock").toString());
        return CliHarness.run(environment, false, arguments);
    }

    @Test
    void aRunningDaemonIsAskedForAllThatItHasStored() throws IOException {
        stateOf("cut-lb2");
        try (CliHarness harness = new CliHarness(directory)) {
            Ended ended = harness.run("explain", "--last-failover");
            assertThat(ended.err()).isEmpty();
            assertThat(ended.exitCode()).isZero();
            assertThat(ended.out())
                    .contains(
                            ": web moved to lb2: the Active 198.18.0.1 fell silent\n", "\nWhat happened\n", "\nWhy\n");
        }
    }

    @Test
    void aJournalIsReadFromTheStateDirectoryIfNoDaemonAnswers() throws IOException {
        Path state = stateOf("switchover-lb1");
        Ended ended = withoutDaemon("explain", "--state-dir", state.toString());
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out()).contains(": web left lb1: handed over to 198.18.0.2 as asked for\n");
        assertThat(ended.err())
                .startsWith("mainstay: no daemon answers at ")
                .endsWith("; this is the journal that it left in " + state + "\n");
        assertThat(withoutDaemon("events", "--state-dir", state.toString(), "--router", "web")
                        .out()
                        .lines())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).contains("  web: "));
    }

    @Test
    void whereThereIsNeitherADaemonNorAJournalBothAreTold() {
        for (String command : new String[] {"explain", "events"}) {
            Ended ended = withoutDaemon(
                    command, "--state-dir", directory.resolve("no").toString());
            assertThat(ended.exitCode()).isEqualTo(4);
            assertThat(ended.err())
                    .contains("no daemon answers at ", "; nor can its journal be read: ", "No such file or directory");
        }
    }

    @Test
    void followingNeedsADaemon() throws IOException {
        Ended ended = withoutDaemon(
                "events", "--follow", "--state-dir", stateOf("cut-lb1").toString());
        assertThat(ended.exitCode()).isEqualTo(4);
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void programsGetTheStoryAsJson() throws IOException {
        Path state = stateOf("cut-lb2");
        Ended ended = withoutDaemon("--json", "explain", "--state-dir", state.toString(), "--back", "1");
        JsonObject story = JsonParser.parseString(ended.out()).getAsJsonObject();
        assertThat(story.get("virtual_router").getAsString()).isEqualTo("web");
        assertThat(story.keySet())
                .contains("at", "exact", "event", "headline", "timeline", "why", "clients", "clients_at_most_ms");
        assertThat(story.get("clients_at_most_ms").getAsDouble()).isBetween(3000.0, 3200.0);
        JsonObject first = story.get("timeline").getAsJsonArray().get(0).getAsJsonObject();
        assertThat(first.keySet()).containsExactly("time", "offset_ms", "severity", "text", "event");
        assertThat(first.get("offset_ms").getAsDouble()).isBetween(-3100.0, -3000.0);
    }

    @Test
    void thePartOfAnotherNodeIsToldAlong() throws IOException {
        Path state = stateOf("frozen-lb2");
        Path other = RECORDED.resolve("frozen-lb1.jsonl");
        String out = withoutDaemon(
                        "explain", "--back", "1", "--state-dir", state.toString(), "--other-node", other.toString())
                .out();
        assertThat(out).contains("ms  lb1  the guard takes the addresses away", "ms  lb2  BACKUP -> ACTIVE");
        Path empty = Files.createFile(directory.resolve("empty"));
        Ended wrong = withoutDaemon("explain", "--state-dir", state.toString(), "--other-node", empty.toString());
        assertThat(wrong)
                .isEqualTo(new Ended(
                        1, "", "mainstay: " + empty + ": no event (expected: what mainstay events --json prints)\n"));
        assertThat(withoutDaemon("explain", "--other-node", "/nonexistent").err())
                .isEqualTo("mainstay: /nonexistent: No such file or directory\n");
    }

    @Test
    void noMoveAndWrongOptionsAreTold() throws IOException {
        String state = stateOf("cut-lb2").toString();
        assertThat(withoutDaemon("explain", "--state-dir", state, "--router", "mail")
                        .err())
                .endsWith("mainstay: the journal tells of no move of virtual router mail\n");
        Ended ended = withoutDaemon("explain", "--state-dir", state, "--back", "7");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).endsWith("mainstay: the journal tells of no earlier move\n");
        assertThat(withoutDaemon("explain", "--state-dir", state, "--back", "-1")
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void eventsCanBeAskedForSinceANumberOrADuration() throws IOException {
        try (CliHarness harness = new CliHarness(directory)) {
            harness.journal.append(EventDraft.info("test", "web", "now"));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> harness.journal.since(0).size() == 1);
            assertThat(harness.run("events", "--since", "1h").out().lines()).hasSize(1);
            assertThat(harness.run("events", "--since", "1").out()).isEmpty();
            assertThat(harness.run("events", "--router", "mail").out()).isEmpty();
        }
        String old = stateOf("cut-lb2").toString();
        assertThat(withoutDaemon("events", "--since", "1ms", "--state-dir", old).out())
                .isEmpty();
        assertThat(withoutDaemon("events", "--since", "yesterday", "--state-dir", old))
                .isEqualTo(
                        new Ended(
                                2,
                                "",
                                "mainstay: --since: yesterday (expected: the number of an event, or a duration such as 10m)\n"));
    }

    @Test
    void damageIsPassedOver() throws IOException {
        Path state = stateOf("cut-lb2");
        Path file = state.resolve("events.jsonl");
        String whole = Files.readString(file);
        Files.writeString(file, "\u0000\u0000{\n" + whole + "{\"sequence\":12,\"ti", StandardCharsets.UTF_8);
        assertThat(withoutDaemon("explain", "--back", "1", "--state-dir", state.toString())
                        .out())
                .contains("web moved to lb2");
    }
}
