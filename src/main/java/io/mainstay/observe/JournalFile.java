// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The journal on disk: {@code events.jsonl}, one event a line, and the generation before it, {@code events.jsonl.1}. Each
 * is at most {@code largestBytes} long.
 *
 * <p>Used by one thread at a time. After an {@link IOException} the file ends with a whole line again as far as the disk
 * allows, and the next call opens it anew.
 */
final class JournalFile {

    static final String NAME = "events.jsonl";
    static final String NAME_BEFORE = "events.jsonl.1";

    private final Path directory;
    private final LineFile lines;

    JournalFile(Path directory, long largestBytes) {
        this.directory = directory;
        lines = new LineFile(directory, NAME, largestBytes);
    }

    /** Appends one event as a line. */
    void append(Event event) throws IOException {
        lines.append((EventJson.toLine(event) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Waits until the disk has what was appended. */
    void force() throws IOException {
        lines.force();
    }

    /** Marks that the daemon lives, by the time of the file's last change. */
    void touch(Instant now) throws IOException {
        if (lines.isOpen()) {
            Files.setLastModifiedTime(file(NAME), FileTime.from(now));
        }
    }

    /** When the daemon lived last; empty if there is no journal. */
    Optional<Instant> lastTouched() throws IOException {
        return Files.exists(file(NAME))
                ? Optional.of(Files.getLastModifiedTime(file(NAME)).toInstant())
                : Optional.empty();
    }

    /**
     * The last events of both generations, oldest first. Lines that are not events are passed over: a damaged journal must
     * not keep the daemon from starting.
     */
    List<Event> readTail(int most, int mostBytesPerFile) throws IOException {
        List<Event> events = new ArrayList<>();
        readTail(file(NAME_BEFORE), mostBytesPerFile, events);
        readTail(file(NAME), mostBytesPerFile, events);
        return List.copyOf(events.subList(Math.max(0, events.size() - most), events.size()));
    }

    private static void readTail(Path file, int mostBytes, List<Event> into) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        String text;
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
            long start = Math.max(0, source.size() - mostBytes);
            ByteBuffer tail = ByteBuffer.allocate((int) Math.min(mostBytes, source.size()));
            while (tail.hasRemaining() && source.read(tail, start + tail.position()) >= 0) {
                // Read on until the end.
            }
            text = new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8);
        }
        for (String line : text.split("\n", -1)) {
            try {
                if (!line.isBlank()) {
                    into.add(EventJson.fromLine(line));
                }
            } catch (JsonParseException e) {
                // The line cut by the start of the tail, or damage: passed over.
            }
        }
    }

    void close() {
        lines.close();
    }

    /** Whether there is a journal of either generation. */
    boolean exists() {
        return Files.exists(file(NAME)) || Files.exists(file(NAME_BEFORE));
    }

    Path file(String name) {
        return directory.resolve(name);
    }
}
