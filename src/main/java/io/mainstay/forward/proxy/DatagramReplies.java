// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import org.jspecify.annotations.Nullable;

/**
 * Datagrams of backends, collected over all sessions that have some in one turn of the loop, so that one system call sends
 * them to their clients. Used by the worker's thread alone.
 */
final class DatagramReplies implements AutoCloseable {

    /** Datagrams taken from one session at a time. */
    private static final int MOST_OF_ONE = 8;

    private final Worker worker;
    private final DatagramBatch batch = new DatagramBatch();
    private final Runnable flush = this::flush;
    private @Nullable DatagramListener from;
    private int used;
    private boolean flushIsComing;

    DatagramReplies(Worker worker) {
        this.worker = worker;
    }

    /** Takes what a backend has sent to a client, and sends it with the rest of this turn. */
    void take(UdpSession session) {
        if (from != session.from() || DatagramBatch.SLOTS - used < MOST_OF_ONE) {
            flush();
            from = session.from();
        }
        int count = batch.receive(session.socket(), used, MOST_OF_ONE);
        if (count < 0) {
            session.onFailure(-count);
            return;
        }
        int octets = 0;
        int datagrams = 0;
        for (int slot = used; slot < used + count; slot++) {
            octets += batch.length(slot);
            datagrams += batch.datagrams(slot);
            batch.address(slot, session.client());
        }
        used += count;
        if (used > 0 && !flushIsComing) {
            flushIsComing = true;
            worker.execute(flush);
        }
        session.onReplies(datagrams, octets);
    }

    private void flush() {
        flushIsComing = false;
        if (from != null && used > 0) {
            batch.send(from.socket(), 0, used);
        }
        used = 0;
    }

    /** Sends what is left through a socket that is about to be closed. */
    void forget(DatagramListener closing) {
        if (from == closing) {
            flush();
            from = null;
        }
    }

    @Override
    public void close() {
        batch.close();
    }
}
