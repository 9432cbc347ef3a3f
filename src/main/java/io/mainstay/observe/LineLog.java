// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Many lines of one kind, written to a file of the state directory by a thread of its own. {@link #offer} may be called by any
 * thread and never waits: what does not fit into the queue while the disk is slow is dropped, counted, and told in the
 * journal.
 *
 * @param <T> what a line is made of; the line is made by the thread that writes it
 */
public final class LineLog<T> implements AutoCloseable {

    private static final int QUEUE_LIMIT = 8192;
    private static final int MOST_AT_ONCE = 1024;
    private static final Duration TELL_AGAIN = Duration.ofSeconds(10);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final String name;
    private final Function<T, String> toLine;
    private final EventJournal journal;
    private final LineFile file;
    private final BlockingQueue<T> queue;
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer;
    private long toldDropped;
    private long toldNanos;
    private boolean everTold;
    private boolean failing;
    private volatile boolean closing;

    private LineLog(
            Path directory,
            String name,
            long largestBytes,
            int queueLimit,
            Function<T, String> toLine,
            EventJournal journal) {
        this.name = name;
        this.toLine = toLine;
        this.journal = journal;
        file = new LineFile(directory, name, largestBytes);
        queue = new ArrayBlockingQueue<>(queueLimit);
        writer = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    /**
     * Starts the thread. The file is made with the first line.
     *
     * @param name of the file
     * @param largestBytes how long the file, and the one before it, may become
     * @param toLine makes a line, without its end
     * @param journal is told of lines that are lost
     */
    public static <T> LineLog<T> open(
            Path directory, String name, long largestBytes, Function<T, String> toLine, EventJournal journal) {
        return open(directory, name, largestBytes, QUEUE_LIMIT, toLine, journal);
    }

    static <T> LineLog<T> open(
            Path directory,
            String name,
            long largestBytes,
            int queueLimit,
            Function<T, String> toLine,
            EventJournal journal) {
        LineLog<T> log = new LineLog<>(directory, name, largestBytes, queueLimit, toLine, journal);
        log.writer.start();
        return log;
    }

    /** Leaves one to be written, or drops it. */
    public void offer(T entry) {
        if (closing || !queue.offer(entry)) {
            dropped.incrementAndGet();
        }
    }

    /** How many were dropped, or could not be written, so far. */
    public long dropped() {
        return dropped.get();
    }

    private void run() {
        List<T> entries = new ArrayList<>(MOST_AT_ONCE);
        try {
            while (!closing || !queue.isEmpty()) {
                T first = queue.poll(TELL_AGAIN.toMillis() / 10, TimeUnit.MILLISECONDS);
                if (first != null) {
                    entries.add(first);
                    queue.drainTo(entries, MOST_AT_ONCE - 1);
                    write(entries);
                    entries.clear();
                }
                tellDropped();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } finally {
            file.close();
        }
    }

    private void write(List<T> entries) {
        StringBuilder lines = new StringBuilder();
        for (T entry : entries) {
            lines.append(toLine.apply(entry)).append('\n');
        }
        try {
            file.append(lines.toString().getBytes(StandardCharsets.UTF_8));
            failing = false;
        } catch (IOException failure) {
            dropped.addAndGet(entries.size());
            if (!failing) {
                failing = true;
                journal.append(EventDraft.warning("records_unwritable", "node", name + " cannot be written")
                        .with("error", IoProblem.describe(failure)));
            }
        }
    }

    private void tellDropped() {
        long now = System.nanoTime();
        long count = dropped.get();
        if (count > toldDropped && (!everTold || now - toldNanos >= TELL_AGAIN.toNanos())) {
            journal.append(EventDraft.warning(
                            "records_dropped", "node", (count - toldDropped) + " lines of " + name + " were dropped")
                    .with("count", count - toldDropped));
            everTold = true;
            toldDropped = count;
            toldNanos = now;
        }
    }

    /** Writes what is queued, a few seconds at most, and ends the thread. */
    @Override
    public void close() {
        closing = true;
        try {
            if (!writer.join(CLOSE_PATIENCE)) {
                writer.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
