// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.KernelEvents;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** What other threads ask of the election, until it takes that up. Any thread but for {@link #runAll} and {@link #end}. */
final class ElectionCommands {

    /** More requests than these are not accepted. */
    static final int MOST_WAITING = 64;

    private final KernelEvents events;
    private final BlockingQueue<Runnable> waiting = new ArrayBlockingQueue<>(MOST_WAITING);

    /** So that nobody wakes events that are closed. */
    private final Object endLock = new Object();

    private volatile boolean ended;

    ElectionCommands(KernelEvents events) {
        this.events = events;
    }

    /** Has a command run by the election thread, and says whether that was accepted. */
    boolean submit(Runnable command) {
        synchronized (endLock) {
            if (ended || !waiting.offer(command)) {
                return false;
            }
            events.wake();
            return true;
        }
    }

    /** Has the election look at what was left for it elsewhere. */
    void wake() {
        synchronized (endLock) {
            if (!ended) {
                events.wake();
            }
        }
    }

    /** Runs what waits, and says whether there was anything. Called by the election thread. */
    boolean runAll() {
        boolean any = false;
        Runnable command;
        while ((command = waiting.poll()) != null) {
            command.run();
            any = true;
        }
        return any;
    }

    /** Accepts no more. Called by the election thread. */
    void end() {
        synchronized (endLock) {
            ended = true;
        }
    }

    boolean isEnded() {
        return ended;
    }
}
