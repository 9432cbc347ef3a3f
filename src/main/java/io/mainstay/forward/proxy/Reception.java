// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.wire.ProxyHeader;
import io.mainstay.forward.wire.ProxyHeaderDecoder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection for which no backend can be chosen yet, because it has to say something first: for whom it is. Runs
 * on the thread of one worker.
 *
 * <p>What the client sends is looked at where it lies, in the socket: a slow client costs no memory of this program, and the
 * relay finds everything that is not a header.
 */
final class Reception extends TimerWheel.Entry implements Flow, StreamSocket.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);

    private final Lane lane;
    private final Visit visit;
    private @Nullable StreamSocket socket;

    /** What the kernel has told of the socket so far. */
    private int readiness;

    private long deadlineNanos;
    private boolean ended;

    Reception(Lane lane, Visit visit) {
        this.lane = lane;
        this.visit = visit;
    }

    /** Begins to wait on the socket, whose listener this is. */
    void start(StreamSocket newSocket) {
        socket = newSocket;
        deadlineNanos = lane.stamp() + visit.service().timeouts().openingNanos();
        lane.file(this);
    }

    @Override
    public void onReady(int news) {
        StreamSocket present = socket;
        if (ended || present == null) {
            return;
        }
        try {
            readiness |= news;
            look(present);
        } catch (Throwable defect) {
            // Thrown on, it would stop every connection of the loop for a second, and an error would end the loop.
            LOG.error(
                    "reception for service {} failed, connection reset",
                    visit.service().name(),
                    defect);
            abort();
        }
    }

    private void look(StreamSocket present) {
        Block scratch = lane.blocks.scratch();
        int count = present.peek(scratch);
        if (count == StreamSocket.NOTHING) {
            return;
        }
        if (count < 0) {
            // It went away without a word, as those do who look whether anybody listens.
            abort();
            return;
        }
        switch (ProxyHeaderDecoder.decode(scratch.bytes().slice(0, count))) {
            case ProxyHeader.Incomplete() -> {
                if (Readiness.isEnding(readiness)) {
                    refuse(RefusalReason.HEADER_MALFORMED);
                }
            }
            case ProxyHeader.Malformed malformed -> {
                LOG.debug("from {}: {}", visit.peer(), malformed.reason());
                refuse(RefusalReason.HEADER_MALFORMED);
            }
            case ProxyHeader.Complete header -> {
                header.route().ifPresent(visit::tell);
                if (present.skip(header.length(), scratch)) {
                    pass(present);
                } else {
                    abort();
                }
            }
        }
    }

    /** Hands the connection on to a relay, if the service takes it. */
    private void pass(StreamSocket present) {
        Relay relay = visit.enter() ? Relay.forClient(lane, visit) : null;
        if (relay == null) {
            abort();
            return;
        }
        ended = true;
        lane.wheel.remove(this);
        present.setListener(relay.client());
        relay.client().attach(present);
        relay.start();
        // What waits in the socket was told to this listener and will not be told again.
        relay.onReady(relay.client(), readiness | Readiness.IN);
    }

    private void refuse(RefusalReason reason) {
        visit.service().countRefused(reason);
        abort();
    }

    @Override
    long deadlineNanos() {
        return deadlineNanos;
    }

    @Override
    void onDeadline(long nowNanos) {
        refuse(RefusalReason.OPENING_TIMEOUT);
    }

    @Override
    public @Nullable LiveBackend backend() {
        return null;
    }

    @Override
    public LiveListener listener() {
        return visit.listener();
    }

    @Override
    public boolean hasEnded() {
        return ended;
    }

    @Override
    public void abort() {
        if (!ended) {
            ended = true;
            lane.wheel.remove(this);
            visit.leave();
            if (socket != null) {
                socket.reset();
            }
        }
    }
}
