// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineLogTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String NAME = "lines.jsonl";

    @TempDir
    Path directory;

    private final EventJournal journal =
            EventJournal.open(Path.of("/proc/no-such"), () -> new MonotonicInstant(System.nanoTime()));

    @AfterEach
    void close() {
        journal.close();
    }

    private LineLog<Integer> open(Path in, long largestBytes, int queueLimit, CountDownLatch gate) {
        return LineLog.open(
                in,
                NAME,
                largestBytes,
                queueLimit,
                number -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return "line " + number;
                },
                journal);
    }

    private boolean hasTold(String kind) {
        return journal.since(0).stream().anyMatch(event -> event.kind().equals(kind));
    }

    @Test
    void linesComeInOrderAndAreAllThereAfterTheClose() throws IOException {
        try (LineLog<Integer> log = open(directory, 1 << 20, 8192, new CountDownLatch(0))) {
            for (int i = 0; i < 5_000; i++) {
                log.offer(i);
            }
            assertThat(log.dropped()).isZero();
        }
        assertThat(Files.readAllLines(directory.resolve(NAME)))
                .hasSize(5_000)
                .startsWith("line 0", "line 1")
                .endsWith("line 4999");
    }

    @Test
    void aFullFileBecomesTheOneBefore() throws IOException {
        for (int run = 0; run < 3; run++) {
            try (LineLog<Integer> log = open(directory, 16, 16, new CountDownLatch(0))) {
                log.offer(run);
                log.offer(run);
            }
        }
        assertThat(Files.readAllLines(directory.resolve(NAME)))
                .isSubsetOf("line 2", "line 1")
                .contains("line 2");
        assertThat(Files.readAllLines(directory.resolve(NAME + ".1")))
                .isNotEmpty()
                .doesNotContain("line 2");
    }

    @Test
    void whatDoesNotFitIsDroppedCountedAndTold() {
        CountDownLatch gate = new CountDownLatch(1);
        try (LineLog<Integer> log = open(directory, 1 << 20, 4, gate)) {
            for (int i = 0; i < 100; i++) {
                log.offer(i);
            }
            assertThat(log.dropped()).isBetween(90L, 96L);
            gate.countDown();
            await().atMost(PATIENCE).until(() -> hasTold("records_dropped"));
        }
    }

    @Test
    void aDiskThatRefusesCostsTheLinesAndAWarning() {
        try (LineLog<Integer> log = open(Path.of("/proc/no-such"), 1 << 20, 16, new CountDownLatch(0))) {
            log.offer(1);
            await().atMost(PATIENCE).until(() -> hasTold("records_unwritable"));
            assertThat(log.dropped()).isEqualTo(1);
        }
    }
}
