// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.wire.ClientHello;
import io.mainstay.forward.wire.ClientHelloDecoder;
import io.mainstay.forward.wire.ProxyHeader;
import io.mainstay.forward.wire.ProxyHeaderDecoder;
import io.mainstay.net.Endpoint;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection that has no backend yet: because it has to say first for whom it is or what it asks for, or because
 * every backend is full. Runs on the thread of one worker.
 *
 * <p>What the client sends is looked at where it lies, in the socket: one that waits costs no memory of this program but this
 * object, and the relay finds everything that is not a header.
 */
final class Reception extends TimerWheel.Entry implements Flow, StreamSocket.Listener, WaitingLine.Client {

    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);

    private enum Phase {
        /** The header is awaited. */
        HEADER,
        /** The first message of TLS is awaited. */
        HELLO,
        /** A backend with room is awaited. */
        WAITING,
        ENDED
    }

    private final Lane lane;
    private final Visit visit;
    private final long startedNanos;
    private @Nullable StreamSocket socket;
    private Phase phase = Phase.HEADER;

    /** What the kernel has told of the socket so far. */
    private int readiness;

    private long deadlineNanos;

    Reception(Lane lane, Visit visit) {
        this.lane = lane;
        this.visit = visit;
        startedNanos = lane.stamp();
    }

    /** Waits for the header on the socket, whose listener this is. */
    void awaitHeader(StreamSocket newSocket) {
        socket = newSocket;
        fileDeadline(visit.service().timeouts().openingNanos());
    }

    /** Waits for the first message of TLS, from a client that is in; the listener of the socket is this. */
    void awaitHello(StreamSocket newSocket) {
        socket = newSocket;
        phase = Phase.HELLO;
        fileDeadline(visit.service().timeouts().openingNanos());
    }

    /** Waits for a backend, for a client that is in; the listener of the socket is this. */
    void awaitBackend(StreamSocket newSocket) {
        socket = newSocket;
        phase = Phase.WAITING;
        visit.queueing();
        fileDeadline(visit.service().settings().traffic().queue().timeout().toNanos());
        int position = visit.service().enqueue(this);
        visit.queuedAt(position);
        if (position == 0) {
            refuse(RefusalReason.QUEUE_FULL);
        }
    }

    private void fileDeadline(long afterNanos) {
        deadlineNanos = lane.stamp() + afterNanos;
        lane.file(this);
    }

    @Override
    public void onReady(int news) {
        StreamSocket present = socket;
        if (present == null) {
            return;
        }
        try {
            readiness |= news;
            switch (phase) {
                case HEADER -> lookForHeader(present);
                case HELLO -> lookForHello(present);
                case WAITING -> {
                    if (Readiness.isError(news)) {
                        end(EndCause.CLIENT);
                    }
                }
                case ENDED -> {}
            }
        } catch (Throwable defect) {
            // Thrown on, it would stop every connection of the loop for a second, and an error would end the loop.
            LOG.error(
                    "reception for service {} failed, connection reset",
                    visit.service().name(),
                    defect);
            end(EndCause.DEFECT);
        }
    }

    /** How many octets of the client can be seen in the scratch block; 0: none yet, or it has gone and this has ended. */
    private int peek(StreamSocket present) {
        int count = present.peek(lane.blocks.scratch());
        if (count < 0) {
            // It went away without a word, as those do who look whether anybody listens.
            end(EndCause.CLIENT);
        }
        return Math.max(count, 0);
    }

    private void lookForHeader(StreamSocket present) {
        int count = peek(present);
        if (count == 0) {
            return;
        }
        Block scratch = lane.blocks.scratch();
        switch (ProxyHeaderDecoder.decode(scratch.bytes().slice(0, count))) {
            case ProxyHeader.Incomplete() -> {
                if (Readiness.isOver(readiness)) {
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
                    letIn(present);
                } else {
                    end(EndCause.CLIENT);
                }
            }
        }
    }

    private void lookForHello(StreamSocket present) {
        int count = peek(present);
        if (count == 0) {
            return;
        }
        switch (ClientHelloDecoder.decode(lane.blocks.scratch().bytes().slice(0, count))) {
            case ClientHello.Incomplete() -> {
                if (Readiness.isOver(readiness)) {
                    otherwise(present, "the client has finished in its first message");
                }
            }
            case ClientHello.NotTls not -> otherwise(present, not.reason());
            case ClientHello.Complete hello -> {
                Optional<RouteConfig> route = visit.service().opening().routeOf(hello);
                LiveService target = route.isPresent() ? visit.service().target(route.get()) : null;
                if (target == null) {
                    otherwise(present, "no route for " + hello.serverName().orElse("a client without server name"));
                } else if (visit.enter(target)) {
                    serve(present);
                } else {
                    end(EndCause.REFUSED);
                }
            }
        }
    }

    private void otherwise(StreamSocket present, String why) {
        LOG.debug("from {}: {}", visit.peer(), why);
        if (visit.service().opening().servesOthers()) {
            serve(present);
        } else {
            refuse(RefusalReason.NO_ROUTE);
        }
    }

    /** The client is known: it is judged, and asked for more if there is more to know. */
    private void letIn(StreamSocket present) {
        if (!visit.enter()) {
            end(EndCause.REFUSED);
        } else if (visit.service().opening().routes()) {
            // The time for the opening goes on.
            phase = Phase.HELLO;
            lookForHello(present);
        } else {
            serve(present);
        }
    }

    /** The service is known: the client gets a backend, or waits for one if it may. */
    private void serve(StreamSocket present) {
        LiveBackend backend = visit.takeBackend();
        if (backend != null) {
            relay(present, backend);
        } else if (visit.mayWait()) {
            awaitBackend(present);
        } else {
            refuse(visit.service().reasonForNone());
        }
    }

    /** Hands the connection on to a relay. */
    private void relay(StreamSocket present, LiveBackend backend) {
        phase = Phase.ENDED;
        lane.wheel.remove(this);
        Relay relay = new Relay(lane, visit, backend);
        present.setListener(relay.client());
        relay.client().attach(present);
        relay.start();
        // What waits in the socket was told to this listener and will not be told again.
        relay.onReady(relay.client(), readiness | Readiness.IN);
    }

    @Override
    public Endpoint endpoint() {
        return visit.client();
    }

    @Override
    public void serveBy(LiveBackend backend) {
        if (!lane.execute(() -> goOn(backend))) {
            // The engine is being closed, and nobody counts any more.
            LOG.debug("a client that waited is dropped");
        }
    }

    private void goOn(LiveBackend backend) {
        StreamSocket present = socket;
        if (phase == Phase.WAITING && present != null) {
            relay(present, backend);
        } else {
            // It went away after it had been chosen.
            visit.service().giveBack(backend, visit.client());
        }
    }

    private void refuse(RefusalReason reason) {
        visit.refuse(reason);
        end(EndCause.REFUSED);
    }

    @Override
    long deadlineNanos() {
        return deadlineNanos;
    }

    @Override
    void onDeadline(long nowNanos) {
        refuse(phase == Phase.WAITING ? RefusalReason.QUEUE_TIMEOUT : RefusalReason.OPENING_TIMEOUT);
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
    public long startedNanos() {
        return startedNanos;
    }

    @Override
    public boolean hasEnded() {
        return phase == Phase.ENDED;
    }

    @Override
    public void abort() {
        end(EndCause.NODE);
    }

    private void end(EndCause cause) {
        if (phase == Phase.ENDED) {
            return;
        }
        if (phase == Phase.WAITING) {
            visit.service().dequeue(this);
        }
        Stage stage = phase == Phase.WAITING ? Stage.QUEUE : Stage.OPENING;
        phase = Phase.ENDED;
        lane.wheel.remove(this);
        visit.leave(null, cause, stage, 0, 0);
        if (socket != null) {
            socket.reset();
        }
    }
}
