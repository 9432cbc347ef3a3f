// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened on the node: logged, kept in memory for {@link EventFeed readers}, and written to the state directory.
 *
 * <p>{@link #append} may be called by any thread, the election's too: it takes no lock and waits for nothing. A thread of
 * the journal's own numbers the events, hands them to readers, logs one line each and writes them to disk. Neither a slow
 * nor a full disk nor a blocked log reaches the caller; what does not fit into the queue meanwhile is counted and reported.
 */
public final class EventJournal implements EventFeed, AutoCloseable {

    /** How many events are kept in memory. */
    public static final int KEPT_IN_MEMORY = 1000;

    /** How large the file on disk, and the one before it, may become. */
    static final long LARGEST_FILE_BYTES = 4L << 20;

    private static final int TAIL_BYTES = 1 << 20;
    private static final int QUEUE_LIMIT = 4096;
    /** How exactly a journal that breaks off tells when that was. */
    static final Duration ALIVE_PAUSE = Duration.ofSeconds(5);

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(EventJournal.class);

    private record Pending(Instant time, EventDraft draft) {}

    private final ConcurrentLinkedQueue<Pending> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong lostInAll = new AtomicLong();
    private final int queueLimit;
    private final InstantSource wallClock;
    private final MonotonicClock clock;
    private final EventRing ring;
    private final JournalStore store;
    private final Path stateDirectory;
    private final Optional<PreviousRun> previousRun;
    private final Thread writer;
    private long nextSequence;
    private volatile boolean closing;

    private EventJournal(Path stateDirectory, InstantSource wallClock, MonotonicClock clock, int queueLimit) {
        this.wallClock = wallClock;
        this.clock = clock;
        this.queueLimit = queueLimit;
        this.stateDirectory = stateDirectory;
        ring = new EventRing(KEPT_IN_MEMORY);
        JournalFile file = new JournalFile(stateDirectory, LARGEST_FILE_BYTES);
        long last = 0;
        Optional<Instant> alive = Optional.empty();
        try {
            alive = file.lastTouched();
            for (Event event : file.readTail(KEPT_IN_MEMORY, TAIL_BYTES)) {
                ring.add(event);
                last = Math.max(last, event.sequence());
            }
        } catch (IOException e) {
            append(EventDraft.warning("journal_unreadable", "node", "the events of earlier runs cannot be read")
                    .with("directory", stateDirectory)
                    .with("error", IoProblem.describe(e)));
        }
        previousRun = PreviousRun.of(ring.since(0), alive);
        nextSequence = last + 1;
        store = new JournalStore(file, ring, clock, last);
        writer = Thread.ofPlatform().name("journal").daemon().unstarted(this::run);
    }

    /**
     * Reads back the events of earlier runs and starts the writer thread. A state directory that does not exist is made;
     * one that cannot be used costs a warning and nothing else.
     */
    public static EventJournal open(Path stateDirectory, MonotonicClock clock) {
        return open(stateDirectory, InstantSource.system(), clock, QUEUE_LIMIT);
    }

    static EventJournal open(Path stateDirectory, InstantSource wallClock, MonotonicClock clock, int queueLimit) {
        EventJournal journal = new EventJournal(stateDirectory, wallClock, clock, queueLimit);
        journal.writer.start();
        return journal;
    }

    /** How the run before this one ended; empty if it left nothing. */
    public Optional<PreviousRun> previousRun() {
        return previousRun;
    }

    /** Records an event. Never waits; if the queue is full the event is lost and counted. */
    public void append(EventDraft draft) {
        if (queued.incrementAndGet() > queueLimit) {
            queued.decrementAndGet();
            lost.incrementAndGet();
            lostInAll.incrementAndGet();
            return;
        }
        queue.add(new Pending(wallClock.instant(), draft));
        LockSupport.unpark(writer);
    }

    /** How many events did not fit into the queue since the journal was opened. */
    public long lost() {
        return lostInAll.get();
    }

    @Override
    public List<Event> since(long sequence) {
        return ring.since(sequence);
    }

    @Override
    public List<Event> awaitSince(long sequence, Duration timeout) throws InterruptedException {
        return ring.awaitSince(sequence, timeout);
    }

    @Override
    public List<Event> history() {
        SortedMap<Long, Event> events = new TreeMap<>();
        try {
            StoredEvents.read(stateDirectory).events().forEach(event -> events.put(event.sequence(), event));
        } catch (IOException e) {
            // Told when it was to be written; what memory holds is told all the same.
        }
        ring.since(0).forEach(event -> events.put(event.sequence(), event));
        return List.copyOf(events.values());
    }

    @Override
    public boolean ended() {
        return ring.ended();
    }

    /** Writes what was appended before the call, waiting a few seconds at most, and ends the writer thread. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(writer);
        try {
            writer.join(CLOSE_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ring.close();
    }

    private void run() {
        while (true) {
            boolean last = closing;
            try {
                takeQueued();
                storeAndSay();
            } catch (RuntimeException e) {
                LOG.error("the event journal failed on an event and goes on", e);
            }
            if (last && queue.isEmpty()) {
                store.close();
                return;
            }
            if (queue.isEmpty() && !closing) {
                store.touch(wallClock.instant());
                park();
            }
        }
    }

    private void takeQueued() {
        // Not more than memory holds: what is pushed out of it before it was stored is not on disk either.
        for (int i = 0; i < KEPT_IN_MEMORY / 2; i++) {
            Pending next = queue.poll();
            if (next == null) {
                break;
            }
            queued.decrementAndGet();
            publish(next.time(), next.draft());
        }
        long lostNow = lost.getAndSet(0);
        if (lostNow > 0) {
            say(EventDraft.warning("journal_overflow", "node", "events came faster than the journal could take them")
                    .with("lost", lostNow));
        }
    }

    private void storeAndSay() {
        EventDraft news = store.store();
        if (news != null) {
            say(news);
            store.store();
        }
    }

    private void say(EventDraft draft) {
        publish(wallClock.instant(), draft);
    }

    private void publish(Instant time, EventDraft draft) {
        Event event = new Event(
                nextSequence++,
                time,
                draft.severity(),
                draft.kind(),
                draft.subject(),
                draft.sentence(),
                draft.fields());
        ring.add(event);
        String line = line(event);
        switch (event.severity()) {
            case INFO -> LOG.info(line);
            case WARNING -> LOG.warn(line);
            case ERROR -> LOG.error(line);
        }
    }

    private void park() {
        MonotonicInstant retryAt = store.retryAt();
        long nanos = retryAt == null ? ALIVE_PAUSE.toNanos() : retryAt.nanosSince(clock.now());
        LockSupport.parkNanos(this, Math.max(1, nanos));
    }

    /** The event as one line for the log: {@code web: Backup became Active [reason=… silent=…]}. */
    static String line(Event event) {
        StringBuilder line = new StringBuilder(event.subject()).append(": ").append(event.sentence());
        String separator = " [";
        for (Map.Entry<String, String> field : event.fields().entrySet()) {
            line.append(separator).append(field.getKey()).append('=').append(quoted(field.getValue()));
            separator = " ";
        }
        if (!event.fields().isEmpty()) {
            line.append(']');
        }
        // One event is one line, whatever its texts hold.
        return line.toString().replaceAll("\\p{Cntrl}", " ");
    }

    private static String quoted(String value) {
        return value.isEmpty() || value.indexOf(' ') >= 0 ? "\"" + value + "\"" : value;
    }
}
