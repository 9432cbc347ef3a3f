// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The last events, in memory, and the readers that wait for the next. Safe for use by several threads. */
final class EventRing implements EventFeed {

    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition added = lock.newCondition();
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private boolean closed;

    EventRing(int capacity) {
        this.capacity = capacity;
    }

    void add(Event event) {
        lock.lock();
        try {
            if (events.size() == capacity) {
                events.removeFirst();
            }
            events.addLast(event);
            added.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Lets every waiting reader go; later ones do not wait. */
    void close() {
        lock.lock();
        try {
            closed = true;
            added.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean ended() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Event> since(long sequence) {
        lock.lock();
        try {
            List<Event> found = new ArrayList<>();
            // Newest first, so that a follower who is up to date costs one look.
            Iterator<Event> newestFirst = events.descendingIterator();
            while (newestFirst.hasNext()) {
                Event event = newestFirst.next();
                if (event.sequence() <= sequence) {
                    break;
                }
                found.add(event);
            }
            return List.copyOf(found.reversed());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Event> awaitSince(long sequence, Duration timeout) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long remainingNanos = timeout.toNanos();
            while (!closed && (events.isEmpty() || events.getLast().sequence() <= sequence)) {
                if (remainingNanos <= 0) {
                    return List.of();
                }
                remainingNanos = added.awaitNanos(remainingNanos);
            }
            return since(sequence);
        } finally {
            lock.unlock();
        }
    }
}
