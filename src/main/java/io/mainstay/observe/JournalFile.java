// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    private final long largestBytes;
    private @Nullable FileChannel channel;

    JournalFile(Path directory, long largestBytes) {
        this.directory = directory;
        this.largestBytes = largestBytes;
    }

    /** Appends one event as a line. */
    void append(Event event) throws IOException {
        byte[] line = (EventJson.toLine(event) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            FileChannel open = channel == null ? open() : channel;
            if (open.size() > 0 && open.size() + line.length > largestBytes) {
                open.close();
                Files.move(file(NAME), file(NAME_BEFORE), StandardCopyOption.REPLACE_EXISTING);
                open = open();
            }
            writeWhole(open, line);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Waits until the disk has what was appended. */
    void force() throws IOException {
        try {
            if (channel != null) {
                channel.force(false);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Marks that the daemon lives, by the time of the file's last change. */
    void touch(Instant now) throws IOException {
        if (channel != null) {
            Files.setLastModifiedTime(file(NAME), FileTime.from(now));
        }
    }

    /** When the daemon lived last; empty if there is no journal. */
    Optional<Instant> lastTouched() throws IOException {
        return Files.exists(file(NAME))
                ? Optional.of(Files.getLastModifiedTime(file(NAME)).toInstant())
                : Optional.empty();
    }

    private FileChannel open() throws IOException {
        Files.createDirectories(directory);
        FileChannel opened = FileChannel.open(
                file(NAME), StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        channel = opened;
        opened.position(opened.size());
        endLastLine(opened);
        return opened;
    }

    /** A crash in the middle of a write leaves half a line; what follows must not be glued to it. */
    private static void endLastLine(FileChannel opened) throws IOException {
        if (opened.size() == 0) {
            return;
        }
        ByteBuffer last = ByteBuffer.allocate(1);
        if (opened.read(last, opened.size() - 1) == 1 && last.get(0) != '\n') {
            writeWhole(opened, new byte[] {'\n'});
        }
    }

    private static void writeWhole(FileChannel open, byte[] octets) throws IOException {
        long start = open.position();
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        try {
            while (buffer.hasRemaining()) {
                open.write(buffer);
            }
        } catch (IOException e) {
            try {
                open.truncate(start);
            } catch (IOException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
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
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // Everything was written before; nothing is lost by a failing close.
            }
        }
    }

    /** Whether there is a journal of either generation. */
    boolean exists() {
        return Files.exists(file(NAME)) || Files.exists(file(NAME_BEFORE));
    }

    Path file(String name) {
        return directory.resolve(name);
    }
}
