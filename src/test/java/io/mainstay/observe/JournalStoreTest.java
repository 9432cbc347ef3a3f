// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal against a disk that fails and recovers, and its rotation. */
class JournalStoreTest {

    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    Path state;

    private MonotonicInstant now = new MonotonicInstant(0);
    private final EventRing ring = new EventRing(5);

    private static Event event(long sequence) {
        return new Event(sequence, NOON, Severity.INFO, "test", "subject", "event", Map.of());
    }

    private JournalStore store() {
        return new JournalStore(new JournalFile(state, 10_000), ring, () -> now, 0);
    }

    private List<Long> written() throws IOException {
        return Files.readAllLines(state.resolve("events.jsonl")).stream()
                .map(line -> EventJson.fromLine(line).sequence())
                .toList();
    }

    @Test
    void aDiskThatRecoversGetsWhatTheRingStillHolds() throws IOException {
        Path obstacle = Files.createDirectory(state.resolve("events.jsonl"));
        JournalStore store = store();
        ring.add(event(1));
        assertThat(Objects.requireNonNull(store.store()).kind()).isEqualTo("journal_unwritable");
        for (int i = 2; i <= 8; i++) {
            ring.add(event(i));
            assertThat(store.store()).as("no second warning").isNull();
        }
        now = now.plus(JournalStore.RETRY_PAUSE);
        assertThat(store.store()).as("the second attempt fails silently").isNull();
        Files.delete(obstacle);
        assertThat(store.store()).as("too early for a third").isNull();
        now = now.plus(JournalStore.RETRY_PAUSE);
        EventDraft recovered = Objects.requireNonNull(store.store());
        assertThat(recovered.kind()).isEqualTo("journal_written");
        assertThat(recovered.fields()).containsEntry("caught_up", "5").containsEntry("missing", "3");
        assertThat(written()).containsExactly(4L, 5L, 6L, 7L, 8L);
        assertThat(store.retryAt()).isNull();
    }

    @Test
    void nothingIsWrittenTwice() throws IOException {
        JournalStore store = store();
        ring.add(event(1));
        store.store();
        store.store();
        ring.add(event(2));
        store.store();
        assertThat(written()).containsExactly(1L, 2L);
    }

    @Test
    void aFullFileBecomesTheOneBeforeAndTheOldestGoes() throws IOException {
        JournalStore store = store();
        for (int i = 1; i <= 500; i++) {
            ring.add(event(i));
            assertThat(store.store()).isNull();
        }
        store.close();
        assertThat(state.resolve("events.jsonl")).exists();
        assertThat(state.resolve("events.jsonl.1")).exists();
        assertThat(Files.size(state.resolve("events.jsonl"))).isLessThanOrEqualTo(10_000);
        assertThat(Files.size(state.resolve("events.jsonl.1"))).isLessThanOrEqualTo(10_000);
        try (var files = Files.list(state)) {
            assertThat(files).hasSize(2);
        }
        List<Event> tail = new JournalFile(state, 10_000).readTail(1000, 1 << 20);
        assertThat(tail.getLast().sequence()).isEqualTo(500);
        assertThat(tail.getFirst().sequence()).isEqualTo(500 - tail.size() + 1);
    }

    @Test
    void theTailIsReadFromTheEndAndBounded() throws IOException {
        JournalStore store = store();
        for (int i = 1; i <= 60; i++) {
            ring.add(event(i));
            store.store();
        }
        store.close();
        JournalFile file = new JournalFile(state, 10_000);
        assertThat(file.readTail(10, 1 << 20))
                .extracting(Event::sequence)
                .startsWith(51L)
                .endsWith(60L);
        assertThat(file.readTail(1000, 300))
                .extracting(Event::sequence)
                .endsWith(60L)
                .hasSizeBetween(1, 3);
    }

    @Test
    void theStoreAsksForAnAttemptAfterThePause() throws IOException {
        Files.createDirectory(state.resolve("events.jsonl"));
        JournalStore store = store();
        ring.add(event(1));
        store.store();
        MonotonicInstant retryAt = Objects.requireNonNull(store.retryAt());
        assertThat(retryAt.since(now)).isEqualTo(Duration.ofSeconds(10));
    }
}
