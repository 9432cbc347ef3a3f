// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventJournalTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    private static final MonotonicClock CLOCK = () -> new MonotonicInstant(System.nanoTime());

    @TempDir
    Path state;

    private EventJournal open() {
        return EventJournal.open(state, InstantSource.fixed(NOON), CLOCK, 4096);
    }

    private static EventDraft draft(int number) {
        return EventDraft.info("test", "subject", "event " + number).with("number", number);
    }

    private static List<Long> sequences(List<Event> events) {
        return events.stream().map(Event::sequence).toList();
    }

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }

    @Test
    void anEventIsNumberedTimedKeptAndWritten() throws IOException {
        try (EventJournal journal = open()) {
            journal.append(draft(1));
            journal.append(draft(2));
        }
        assertThat(Files.readAllLines(state.resolve("events.jsonl")))
                .containsExactly(
                        "{\"sequence\":1,\"time\":\"2026-11-23T12:00:00Z\",\"severity\":\"INFO\",\"kind\":\"test\","
                                + "\"subject\":\"subject\",\"sentence\":\"event 1\",\"fields\":{\"number\":\"1\"}}",
                        "{\"sequence\":2,\"time\":\"2026-11-23T12:00:00Z\",\"severity\":\"INFO\",\"kind\":\"test\","
                                + "\"subject\":\"subject\",\"sentence\":\"event 2\",\"fields\":{\"number\":\"2\"}}");
    }

    @Test
    void eventsSurviveARestartAndTheCountGoesOn() {
        try (EventJournal journal = open()) {
            journal.append(draft(1));
            journal.append(draft(2));
        }
        try (EventJournal journal = open()) {
            assertThat(sequences(journal.since(0))).containsExactly(1L, 2L);
            journal.append(draft(3));
            await().atMost(PATIENCE).until(() -> sequences(journal.since(1)), List.of(2L, 3L)::equals);
        }
    }

    @Test
    void aCrashInTheMiddleOfALineCostsThatLineAlone() throws IOException {
        try (EventJournal journal = open()) {
            journal.append(draft(1));
        }
        Path file = state.resolve("events.jsonl");
        Files.writeString(file, Files.readString(file) + "{\"sequence\":2,\"ti");
        try (EventJournal journal = open()) {
            assertThat(sequences(journal.since(0))).containsExactly(1L);
            journal.append(draft(2));
        }
        try (EventJournal journal = open()) {
            assertThat(sequences(journal.since(0))).containsExactly(1L, 2L);
        }
    }

    @Test
    void aFileFullOfGarbageDoesNotKeepTheJournalFromOpening() throws IOException {
        byte[] garbage = new byte[3_000_000];
        for (int i = 0; i < garbage.length; i++) {
            garbage[i] = (byte) (i * 31 + i / 7);
        }
        Files.write(state.resolve("events.jsonl"), garbage);
        try (EventJournal journal = open()) {
            assertThat(journal.since(0)).isEmpty();
            journal.append(draft(1));
            await().atMost(PATIENCE).until(() -> sequences(journal.since(0)), List.of(1L)::equals);
        }
    }

    @Test
    void onlyTheLastEventsStayInMemory() {
        try (EventJournal journal = open()) {
            for (int i = 1; i <= 1500; i++) {
                journal.append(draft(i));
            }
            await().atMost(PATIENCE).until(() -> sequences(journal.since(0)).getLast(), Long.valueOf(1500)::equals);
            assertThat(sequences(journal.since(0))).hasSize(1000).first().isEqualTo(501L);
            assertThat(sequences(journal.since(1498))).containsExactly(1499L, 1500L);
            assertThat(journal.since(1500)).isEmpty();
            assertThat(journal.since(99_999)).isEmpty();
        }
        try (EventJournal journal = open()) {
            assertThat(sequences(journal.since(0))).hasSize(1000).last().isEqualTo(1500L);
        }
    }

    @Test
    void everyReaderWaitsForTheNextEvent() throws Exception {
        try (EventJournal journal = open()) {
            List<CompletableFuture<List<Event>>> waiting = List.of(reader(journal), reader(journal), reader(journal));
            journal.append(draft(1));
            for (CompletableFuture<List<Event>> reader : waiting) {
                assertThat(sequences(reader.get(30, TimeUnit.SECONDS))).containsExactly(1L);
            }
            assertThat(journal.awaitSince(1, Duration.ofMillis(1))).isEmpty();
        }
    }

    @Test
    void closingLetsEveryWaitingReaderGo() throws Exception {
        List<CompletableFuture<List<Event>>> waiting;
        try (EventJournal journal = open()) {
            waiting = List.of(reader(journal), reader(journal), reader(journal));
        }
        for (CompletableFuture<List<Event>> reader : waiting) {
            assertThat(reader.get(30, TimeUnit.SECONDS)).isEmpty();
        }
    }

    /** Starts a reader and returns when it waits. */
    private static CompletableFuture<List<Event>> reader(EventJournal journal) {
        CompletableFuture<List<Event>> found = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                found.complete(journal.awaitSince(0, Duration.ofHours(1)));
            } catch (InterruptedException e) {
                found.completeExceptionally(e);
            }
        });
        await().atMost(PATIENCE).until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return found;
    }

    @Test
    void whatManyThreadsAppendIsNumberedWithoutGaps() throws InterruptedException {
        try (EventJournal journal = open()) {
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 100; i++) {
                        journal.append(draft(i));
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            await().atMost(PATIENCE).until(() -> sequences(journal.since(0)), upTo(800)::equals);
            assertThat(journal.lost()).isZero();
        }
    }

    @Test
    void whatDoesNotFitIntoTheQueueIsCountedAndReported() {
        CountDownLatch writerMayGoOn = new CountDownLatch(1);
        AtomicReference<Thread> writer = new AtomicReference<>();
        // The clock is the one thing of ours that the writer thread asks, so it can be held there.
        AtomicInteger asked = new AtomicInteger();
        MonotonicClock holding = () -> {
            writer.set(Thread.currentThread());
            if (asked.getAndIncrement() == 0) {
                awaitQuietly(writerMayGoOn);
            }
            return CLOCK.now();
        };
        try (EventJournal journal =
                EventJournal.open(Path.of("/dev/null/nowhere"), InstantSource.fixed(NOON), holding, 10)) {
            journal.append(draft(0));
            await().atMost(PATIENCE).until(() -> writer.get() != null);
            for (int i = 1; i <= 25; i++) {
                journal.append(draft(i));
            }
            assertThat(journal.lost()).isEqualTo(15);
            writerMayGoOn.countDown();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(journal.since(0))
                            .filteredOn(event -> event.kind().equals("journal_overflow"))
                            .singleElement()
                            .satisfies(event -> assertThat(event.fields()).containsEntry("lost", "15")));
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aFullDiskCostsOneWarningAndNoEvent() throws IOException {
        // Every write to /dev/full fails with ENOSPC, as on a disk without space.
        Files.createSymbolicLink(state.resolve("events.jsonl"), Path.of("/dev/full"));
        try (EventJournal journal = open()) {
            for (int i = 1; i <= 20; i++) {
                journal.append(draft(i));
                int expected = i;
                await().atMost(PATIENCE)
                        .until(() -> journal.since(0).stream()
                                        .filter(e -> e.kind().equals("test"))
                                        .count()
                                == expected);
            }
            assertThat(journal.since(0))
                    .filteredOn(event -> event.severity() == Severity.WARNING)
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.kind()).isEqualTo("journal_unwritable");
                        assertThat(event.fields().get("error")).contains("No space left on device");
                    });
        }
    }

    @Test
    void aStateDirectoryThatCannotBeMadeDoesNoHarm() {
        try (EventJournal journal =
                EventJournal.open(Path.of("/dev/null/nowhere"), InstantSource.fixed(NOON), CLOCK, 10)) {
            journal.append(draft(1));
            await().atMost(PATIENCE)
                    .until(
                            () -> journal.since(0).stream().map(Event::kind).toList(),
                            List.of("test", "journal_unwritable")::equals);
        }
    }

    @Test
    void theLineForTheLogIsOneLine() {
        Event event = new Event(
                1,
                NOON,
                Severity.INFO,
                "transition",
                "web",
                "Backup became\nActive",
                EventDraft.info("", "", "")
                        .with("reason", "active_down_timer")
                        .with("note", "two words")
                        .with("empty", "")
                        .fields());
        assertThat(EventJournal.line(event))
                .isEqualTo("web: Backup became Active [reason=active_down_timer note=\"two words\" empty=\"\"]");
    }

    @Test
    void noEventIsLargeEnoughToFillTheJournal() {
        EventDraft huge = EventDraft.info("k".repeat(100_000), "s".repeat(100_000), "x".repeat(100_000));
        for (int i = 0; i < 100; i++) {
            huge = huge.with("f" + i, "v".repeat(100_000));
        }
        Event event = new Event(1, NOON, huge.severity(), huge.kind(), huge.subject(), huge.sentence(), huge.fields());
        assertThat(EventJson.toLine(event).getBytes(UTF_8).length).isLessThan(64 * 1024);
    }
}
