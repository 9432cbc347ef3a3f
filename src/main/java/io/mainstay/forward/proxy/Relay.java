// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.Candidate;
import io.mainstay.forward.RefusalReason;
import io.mainstay.health.probe.SocketErrors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection and the one to its backend, from accept to the end of both. Runs on the thread of one worker.
 *
 * <p>The relay passes on what the ends do and invents nothing: octets, then the FIN behind them, or the reset. A connection
 * that is ended for another reason (idle, drained, moved away) is reset on both sides, because a FIN would tell the peer
 * that the stream is complete.
 */
final class Relay extends TimerWheel.Entry implements Flow {

    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

    /** Attempts to reach a backend before the client is reset. */
    static final int MAX_ATTEMPTS = 3;

    /** Blocks, or as many octets, moved for one connection in one go, so that a fast one does not hold up the others. */
    private static final int MAX_BLOCKS_AT_ONCE = 16;

    private enum Phase {
        CONNECTING,
        RELAYING,
        /** One end is gone, and what was read from it before is still on its way to the other. */
        CLOSING,
        ENDED
    }

    private final Lane lane;
    private final Visit visit;
    private final long startedNanos;
    private final LiveService service;
    private final RelayEnd client;
    private RelayEnd server;
    private LiveBackend backend;
    private FlowCounters counters;
    private Phase phase = Phase.CONNECTING;

    /** Null if nobody wants to know. */
    private final @Nullable Trial trial;

    private List<Candidate<LiveBackend>> tried = List.of();
    private int attempts;

    private long bytesIn;
    private long bytesOut;

    /** Null until it is known. */
    private @Nullable EndCause cause;

    private Stage stage = Stage.CONNECT;
    private long lastActivityNanos;
    private long timeoutNanos;

    /** The end that is left in {@link Phase#CLOSING}. */
    private @Nullable RelayEnd survivor;

    /** Whether its stream is complete, so that it ends by a FIN. */
    private boolean complete;

    private long nextLookNanos;

    /**
     * @param visit of a client that is in
     * @param first the backend that was taken for this connection
     */
    Relay(Lane lane, Visit visit, LiveBackend first) {
        this.lane = lane;
        this.visit = visit;
        service = visit.service();
        startedNanos = lane.stamp();
        client = new RelayEnd(this, lane);
        server = new RelayEnd(this, lane);
        backend = first;
        counters = first.counters(lane.index);
        trial = service.observesConnections() ? new Trial(service, lane, first) : null;
    }

    /** The end that faces the client, for the socket that is to be attached before the start. */
    RelayEnd client() {
        return client;
    }

    @Override
    public LiveListener listener() {
        return visit.listener();
    }

    @Override
    public LiveBackend backend() {
        return backend;
    }

    @Override
    public long startedNanos() {
        return startedNanos;
    }

    @Override
    public boolean hasEnded() {
        return phase == Phase.ENDED;
    }

    /** Connects to the backend at once, without waiting for the client to speak: many servers speak first. */
    void start() {
        connect();
    }

    private void connect() {
        while (phase != Phase.ENDED) {
            attempts++;
            visit.connecting();
            if (trial != null) {
                trial.connecting(backend);
            }
            try {
                server.attach(lane.connect(backend, visit, server));
                lastActivityNanos = lane.stamp();
                timeoutNanos = service.timeouts().connectNanos();
                lane.file(this);
                return;
            } catch (SocketShortageException shortage) {
                refuse(RefusalReason.NO_RESOURCES);
            } catch (ClientAddressException unusable) {
                refuse(RefusalReason.CLIENT_ADDRESS_UNUSABLE);
            } catch (PortShortageException shortage) {
                chooseNext(RefusalReason.NO_RESOURCES);
                if (tried.contains(backend.candidate()) && phase != Phase.ENDED) {
                    // There is no other. To search all ports once more would hold up every connection of the worker.
                    refuse(RefusalReason.NO_RESOURCES);
                }
            } catch (IOException refused) {
                blame(SocketErrors.reason(refused));
                chooseNext(RefusalReason.CONNECT_FAILED);
            }
        }
    }

    private void onConnectFailed(String how) {
        server.close();
        server = new RelayEnd(this, lane);
        blame(how);
        chooseNext(RefusalReason.CONNECT_FAILED);
        connect();
    }

    private void blame(String how) {
        counters.connectFailed();
        if (trial != null) {
            trial.failed(how);
        }
    }

    /**
     * Goes on to another backend.
     *
     * @param reason why the client is refused if there is none
     */
    private void chooseNext(RefusalReason reason) {
        if (attempts == MAX_ATTEMPTS) {
            refuse(reason);
            return;
        }
        if (tried.isEmpty()) {
            tried = new ArrayList<>(MAX_ATTEMPTS);
        }
        tried.add(backend.candidate());
        LiveBackend next = service.takeInstead(backend, visit.client(), tried);
        if (next == null) {
            refuse(reason);
            return;
        }
        backend = next;
        counters = next.counters(lane.index);
    }

    private void refuse(RefusalReason reason) {
        visit.refuse(reason);
        abort(EndCause.REFUSED);
    }

    void onReady(RelayEnd end, int readiness) {
        try {
            serve(end, readiness);
        } catch (Throwable defect) {
            onDefect(defect);
        }
    }

    /** Thrown on, a defect would stop every connection of the loop for a second, and an error would end the loop. */
    private void onDefect(Throwable defect) {
        LOG.error("relay for service {} failed, connection reset", service.name(), defect);
        abort(EndCause.DEFECT);
    }

    private void serve(RelayEnd end, int readiness) {
        end.note(readiness);
        switch (phase) {
            case CONNECTING -> onReadyWhileConnecting(end, readiness);
            case RELAYING -> {
                RelayEnd other = end == client ? server : client;
                if (end.isFull() && Readiness.mayWrite(readiness)) {
                    touch();
                    if (end.flush()) {
                        move(other, end);
                    }
                }
                move(end, other);
                settle();
            }
            case CLOSING -> {
                if (end == survivor) {
                    onReadyWhileClosing(end, readiness);
                }
            }
            case ENDED -> {}
        }
    }

    /**
     * A peer that goes on sending is told as soon as it has everything: an acknowledged FIN makes an event of unread octets.
     */
    private void onReadyWhileClosing(RelayEnd left, int readiness) {
        if (Readiness.isError(readiness)) {
            abort();
        } else if (left.isAllDelivered()) {
            endAfterDelivery(left);
        }
    }

    private void onReadyWhileConnecting(RelayEnd end, int readiness) {
        if (end == client) {
            if (Readiness.isError(readiness)) {
                abort(EndCause.CLIENT);
            }
            return;
        }
        if (end != server) {
            return;
        }
        if (Readiness.isError(readiness)) {
            onConnectFailed(end.failure());
        } else if (Readiness.mayWrite(readiness)) {
            onConnected();
        }
    }

    private void onConnected() {
        phase = Phase.RELAYING;
        counters.connected();
        visit.connected();
        if (trial != null) {
            trial.connected();
        }
        touch();
        allowSilenceFor(service.timeouts().idleNanos());
        byte[] header = service.opening().headerFor(visit);
        if (header != null && !server.write(header)) {
            refuse(RefusalReason.NO_MEMORY);
            return;
        }
        move(client, server);
        if (phase == Phase.RELAYING) {
            server.acknowledgePromptly();
        }
        move(server, client);
        settle();
    }

    /** Moves octets until the one has no more, the other takes no more, or it is the turn of other connections. */
    private void move(RelayEnd from, RelayEnd to) {
        int blocks = 0;
        while (from.isReadable() && !to.isFull() && !to.refusesOutput()) {
            if (blocks >= MAX_BLOCKS_AT_ONCE) {
                from.tellAgain();
                return;
            }
            int count = from.passTo(to);
            if (count > 0) {
                passed(from, count);
            }
            blocks += 1 + (count - 1) / BlockPool.BLOCK_SIZE;
        }
        if (to.refusesOutput() && !from.refusesOutput()) {
            // It has gone away, and may have sent an answer before that.
            move(to, from);
        }
    }

    private void passed(RelayEnd from, int count) {
        touch();
        if (trial != null) {
            trial.passed(from == client);
        }
        if (from == client) {
            counters.bytesIn(count);
            bytesIn += count;
        } else {
            counters.bytesOut(count);
            bytesOut += count;
        }
    }

    private void touch() {
        lastActivityNanos = lane.nowNanos();
    }

    private void allowSilenceFor(long nanos) {
        boolean nearer = nanos < timeoutNanos;
        timeoutNanos = nanos;
        if (nearer) {
            lane.file(this);
        }
    }

    /**
     * Acts on ends that have finished or broken. Either is known only when all that came before has been read, and nothing is
     * read while the other end is full: so all of it has been written to the other end.
     */
    private void settle() {
        if (phase != Phase.RELAYING) {
            return;
        }
        if (client.isBroken()) {
            note(EndCause.CLIENT);
            closeAfter(client, server);
        } else if (server.isBroken()) {
            if (trial != null) {
                trial.ended(true);
            }
            note(EndCause.BACKEND);
            closeAfter(server, client);
        } else if (client.refusesOutput() && server.refusesOutput()) {
            // Both went away while neither took anything: what was not read of either is for nobody.
            abort(EndCause.CLIENT);
        } else if (client.isFinished() && server.isFinished()) {
            note(EndCause.FINISHED);
            client.close();
            server.close();
            end();
        } else if (client.isFinished()) {
            server.finishOutput();
            allowSilenceFor(service.timeouts().halfClosedNanos());
        } else if (server.isFinished()) {
            client.finishOutput();
            allowSilenceFor(service.timeouts().halfClosedNanos());
        }
    }

    /**
     * Ends the connection after one end is gone, as soon as the other end's peer has what was written to it. That end is
     * reset too, or closed where the reset came after the FIN and so has cost the stream nothing. Even a close must wait:
     * octets that are unread in the socket, or arrive later, make the kernel reset it and drop what is under way (RFC 2525
     * §2.17).
     */
    private void closeAfter(RelayEnd gone, RelayEnd left) {
        gone.close();
        survivor = left;
        complete = gone.isFinished();
        if (complete) {
            left.finishOutput();
        }
        if (left.isAllDelivered()) {
            endAfterDelivery(left);
        } else {
            phase = Phase.CLOSING;
            left.hasProgressed();
            touch();
            timeoutNanos = service.timeouts().halfClosedNanos();
            fileNextLook();
        }
    }

    private void endAfterDelivery(RelayEnd left) {
        if (complete) {
            left.close();
        } else {
            left.reset();
        }
        end();
    }

    /** No event tells what the peer's kernel has acknowledged: it is looked at in every other tick. */
    private void fileNextLook() {
        nextLookNanos = lane.nowNanos();
        lane.file(this);
    }

    @Override
    long deadlineNanos() {
        return phase == Phase.CLOSING ? nextLookNanos : lastActivityNanos + timeoutNanos;
    }

    @Override
    void onDeadline(long nowNanos) {
        try {
            serveDeadline(nowNanos);
        } catch (Throwable defect) {
            onDefect(defect);
        }
    }

    private void serveDeadline(long nowNanos) {
        switch (phase) {
            case CONNECTING -> onConnectFailed("connect timed out");
            case RELAYING -> abort(EndCause.SILENCE);
            case CLOSING -> lookWhatIsDelivered(Objects.requireNonNull(survivor), nowNanos);
            case ENDED -> {}
        }
    }

    private void lookWhatIsDelivered(RelayEnd left, long nowNanos) {
        if (left.isAllDelivered()) {
            endAfterDelivery(left);
            return;
        }
        if (left.hasProgressed()) {
            touch();
        }
        if (nowNanos - lastActivityNanos >= timeoutNanos) {
            abort();
        } else {
            fileNextLook();
        }
    }

    @Override
    public void abort() {
        if (phase != Phase.ENDED) {
            client.reset();
            server.reset();
            end();
        }
    }

    private void abort(EndCause because) {
        note(because);
        abort();
    }

    /** Notes why it ends and how far it has come, once: what follows from it is not the cause. */
    private void note(EndCause because) {
        if (cause == null) {
            cause = because;
            stage = stage(because);
        }
    }

    private Stage stage(EndCause because) {
        if (phase == Phase.CONNECTING) {
            return Stage.CONNECT;
        }
        if (because == EndCause.FINISHED) {
            return Stage.FINISHED;
        }
        return client.isFinished() || server.isFinished() ? Stage.HALF : Stage.DATA;
    }

    private void end() {
        note(EndCause.NODE);
        phase = Phase.ENDED;
        if (trial != null) {
            trial.ended(false);
        }
        lane.wheel.remove(this);
        service.giveBack(backend, visit.client());
        visit.leave(backend, Objects.requireNonNull(cause), stage, bytesIn, bytesOut);
    }
}
