// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one worker counts for one backend. Only that worker adds; any thread reads, and may see a count a moment late. Each
 * worker has its own, so that adding is a plain memory access on a cache line of its own.
 */
final class FlowCounters {

    private static final int CONNECTIONS = 0;
    private static final int BYTES_IN = 1;
    private static final int BYTES_OUT = 2;
    private static final int CONNECT_FAILURES = 3;

    /** Two cache lines, so that no neighbour on the heap shares the one in use. */
    private static final int PADDED_LENGTH = 16;

    private final AtomicLongArray counts = new AtomicLongArray(PADDED_LENGTH);

    void connected() {
        add(CONNECTIONS, 1);
    }

    void connectFailed() {
        add(CONNECT_FAILURES, 1);
    }

    /** Octets from the client to the backend. */
    void bytesIn(int count) {
        add(BYTES_IN, count);
    }

    /** Octets from the backend to the client. */
    void bytesOut(int count) {
        add(BYTES_OUT, count);
    }

    private void add(int counter, long amount) {
        counts.setOpaque(counter, counts.getPlain(counter) + amount);
    }

    long connections() {
        return counts.getOpaque(CONNECTIONS);
    }

    long connectFailures() {
        return counts.getOpaque(CONNECT_FAILURES);
    }

    long bytesIn() {
        return counts.getOpaque(BYTES_IN);
    }

    long bytesOut() {
        return counts.getOpaque(BYTES_OUT);
    }
}
