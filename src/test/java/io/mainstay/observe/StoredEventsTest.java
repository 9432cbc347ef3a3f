// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal as others find it: whole, after the daemon has gone, and how its last run ended. */
class StoredEventsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final MonotonicClock CLOCK = () -> new MonotonicInstant(System.nanoTime());

    @TempDir
    Path state;

    private EventJournal open() {
        return EventJournal.open(state, CLOCK);
    }

    private static List<Long> sequences(List<Event> events) {
        return events.stream().map(Event::sequence).toList();
    }

    @Test
    void theHistoryGoesBackFurtherThanMemory() {
        try (EventJournal journal = open()) {
            for (int i = 0; i < 1500; i++) {
                journal.append(EventDraft.info("test", "s", "event " + i));
            }
            await().atMost(PATIENCE).until(() -> journal.history().size() == 1500);
            assertThat(sequences(journal.history()))
                    .isEqualTo(LongStream.rangeClosed(1, 1500).boxed().toList());
            assertThat(journal.since(0)).hasSize(EventJournal.KEPT_IN_MEMORY);
        }
    }

    @Test
    void theHistoryIsWhatMemoryHoldsIfTheDiskRefuses() throws IOException {
        Files.createDirectory(state.resolve("events.jsonl"));
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info("test", "s", "event"));
            await().atMost(PATIENCE).until(() -> journal.history().size() >= 2);
            assertThat(journal.history())
                    .extracting(Event::kind)
                    .contains("test")
                    .containsAnyOf("journal_unwritable", "journal_unreadable");
        }
    }

    @Test
    void aJournalIsReadWithoutADaemon() throws IOException {
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info("test", "s", "event"));
        }
        StoredEvents stored = StoredEvents.read(state);
        assertThat(sequences(stored.events())).containsExactly(1L);
        assertThat(stored.lastAlive()).isPresent();
    }

    @Test
    void aJournalThatIsNotThereIsTold() throws IOException {
        assertThatThrownBy(() -> StoredEvents.read(state.resolve("nowhere")))
                .isInstanceOfSatisfying(
                        IOException.class,
                        problem -> assertThat(IoProblem.describe(problem))
                                .isEqualTo(state + "/nowhere/events.jsonl: No such file or directory"));
        Path file = Files.createFile(state.resolve("file"));
        assertThatThrownBy(() -> StoredEvents.read(file))
                .isInstanceOfSatisfying(
                        IOException.class,
                        problem -> assertThat(IoProblem.describe(problem)).isEqualTo(file + ": Not a directory"));
    }

    @Test
    void powerLossThatLeavesZerosInTheFileCostsNoMoreThanThose() throws IOException {
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info("test", "s", "before"));
        }
        Path file = state.resolve("events.jsonl");
        byte[] whole = Files.readAllBytes(file);
        byte[] torn = Arrays.copyOf(whole, whole.length + 4096);
        Files.write(file, torn);
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info("test", "s", "after"));
        }
        assertThat(sequences(StoredEvents.read(state).events())).containsExactly(1L, 2L);
    }

    @Test
    void theFirstRunHasNoneBeforeIt() {
        try (EventJournal journal = open()) {
            assertThat(journal.previousRun()).isEmpty();
        }
    }

    @Test
    void aRunThatSaidGoodbyeIsToldFromOneThatBrokeOff() {
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info(EventKind.STARTED, "node", "starts").with(PreviousRun.BOOT, "b1"));
        }
        try (EventJournal journal = open()) {
            PreviousRun run = journal.previousRun().orElseThrow();
            assertThat(run.orderly()).isFalse();
            assertThat(run.boot()).contains("b1");
            journal.append(EventDraft.info(EventKind.STOPPED, "node", "ends"));
        }
        try (EventJournal journal = open()) {
            assertThat(journal.previousRun().orElseThrow().orderly()).isTrue();
        }
    }

    @Test
    void theLastSignOfLifeIsLaterThanTheLastEvent() throws IOException {
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info(EventKind.STARTED, "node", "starts"));
        }
        Instant alive = Instant.parse("2126-11-23T03:12:00Z");
        Files.setLastModifiedTime(state.resolve("events.jsonl"), FileTime.from(alive));
        assertThat(StoredEvents.read(state).lastAlive()).contains(alive);
        try (EventJournal journal = open()) {
            assertThat(journal.previousRun().map(PreviousRun::lastAlive)).contains(alive);
        }
    }

    @Test
    void aDaemonThatHasNothingToSayStillShowsThatItLives() throws IOException {
        Instant old = Instant.parse("2026-01-01T00:00:00Z");
        try (EventJournal journal = open()) {
            journal.append(EventDraft.info("test", "s", "event"));
            await().atMost(PATIENCE).until(() -> Files.exists(state.resolve("events.jsonl")));
            await().atMost(PATIENCE).until(() -> Optional.of(journal.history().size()), Optional.of(1)::equals);
            Files.setLastModifiedTime(state.resolve("events.jsonl"), FileTime.from(old));
            await().atMost(PATIENCE)
                    .until(() -> Files.getLastModifiedTime(state.resolve("events.jsonl"))
                            .toInstant()
                            .isAfter(old));
        }
    }
}
