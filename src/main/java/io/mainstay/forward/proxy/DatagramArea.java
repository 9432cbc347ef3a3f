// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** The memory of one worker for datagrams on their way, made when it gets its first UDP listener. */
final class DatagramArea implements AutoCloseable {

    private final DatagramBatch requests = new DatagramBatch();
    private final DatagramReplies replies;

    DatagramArea(Worker worker) {
        replies = new DatagramReplies(worker);
    }

    /** Datagrams of clients; full only while they are handed on. */
    DatagramBatch requests() {
        return requests;
    }

    DatagramReplies replies() {
        return replies;
    }

    @Override
    public void close() {
        requests.close();
        replies.close();
    }
}
