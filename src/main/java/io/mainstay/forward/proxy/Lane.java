// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.util.function.Predicate;

/** What the connections of one worker share: memory, deadlines, and time. Used by the worker's thread alone. */
final class Lane {

    /** Opens connections to backends. */
    interface Connector {

        /**
         * Starts a connection; its outcome is told to the listener.
         *
         * @param visit the client for whom it is
         * @throws SocketShortageException if this node cannot open any
         * @throws ClientAddressException if the backend was to see the client's address and cannot
         * @throws PortShortageException if this node has no port left towards this backend
         * @throws IOException if this backend was refused at once
         */
        StreamSocket connect(LiveBackend backend, Visit visit, StreamSocket.Listener listener) throws IOException;
    }

    final int index;
    final BlockPool blocks;
    final PipePool pipes;
    final TimerWheel wheel;
    private final MonotonicClock clock;
    private final Connector connector;
    private final Runnable startTicking;
    private final Predicate<Runnable> executor;
    private final Load load;
    private long nowNanos;

    /**
     * @param index number of the worker, from 0
     * @param blocks the memory of the worker
     * @param pipes for large transfers
     * @param executor runs a task on the worker, if that is still there; any thread
     * @param startTicking is run when the first deadline comes in: {@link #tick} is to be called until it says no
     */
    Lane(
            int index,
            MonotonicClock clock,
            BlockPool blocks,
            PipePool pipes,
            Connector connector,
            Runnable startTicking,
            Predicate<Runnable> executor,
            Load load) {
        this.index = index;
        this.blocks = blocks;
        this.pipes = pipes;
        this.clock = clock;
        this.connector = connector;
        this.startTicking = startTicking;
        this.executor = executor;
        this.load = load;
        nowNanos = clock.now().nanos();
        wheel = new TimerWheel(nowNanos);
    }

    StreamSocket connect(LiveBackend backend, Visit visit, StreamSocket.Listener listener) throws IOException {
        return connector.connect(backend, visit, listener);
    }

    /** Runs a task on the worker; any thread. Whether the worker is still there to do so. */
    boolean execute(Runnable task) {
        return executor.test(task);
    }

    /** What all workers bear together. */
    Load load() {
        return load;
    }

    /** The time now. */
    MonotonicInstant now() {
        return clock.now();
    }

    /** The time of the last tick, at most a tick old while there are deadlines. */
    long nowNanos() {
        return nowNanos;
    }

    /** Files a deadline, for the first time or after it came nearer. */
    void file(TimerWheel.Entry entry) {
        if (wheel.isEmpty()) {
            nowNanos = clock.now().nanos();
            startTicking.run();
        }
        wheel.file(entry, nowNanos);
    }

    /** The time for a deadline that is about to be set: exact for the first one, else that of the last tick. */
    long stamp() {
        if (wheel.isEmpty()) {
            nowNanos = clock.now().nanos();
        }
        return nowNanos;
    }

    /** Serves the deadlines that have passed; whether there are more to come. */
    boolean tick() {
        nowNanos = clock.now().nanos();
        wheel.advance(nowNanos);
        return !wheel.isEmpty();
    }
}
