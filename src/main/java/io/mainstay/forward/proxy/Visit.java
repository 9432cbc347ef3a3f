// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.wire.ClientRoute;
import io.mainstay.net.Endpoint;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client that has connected to a service: who it is, and whether it is in. It is counted in the {@link Load} before this is
 * made, and counted out by {@link #leave}. Runs on the thread of one worker.
 */
final class Visit {

    private final Lane lane;
    private LiveService service;
    private final LiveListener listener;

    /** Who is at the other end of the connection: the client, or a proxy that speaks for it. */
    private final Endpoint peer;

    /** Where the connection arrived on this node. */
    private final Endpoint arrivedAt;

    /** Null if no record is kept. */
    private final @Nullable Account account;

    /** What a proxy has told of the client. */
    private @Nullable ClientRoute told;

    private @Nullable RefusalReason refusal;
    private boolean admitted;

    Visit(Lane lane, LiveListener listener, Endpoint peer, Endpoint arrivedAt) {
        this.lane = lane;
        service = listener.service();
        this.listener = listener;
        this.peer = peer;
        this.arrivedAt = arrivedAt;
        Recorder recorder = service.recorder();
        account = recorder == null ? null : new Account(recorder, lane.now());
    }

    LiveService service() {
        return service;
    }

    LiveListener listener() {
        return listener;
    }

    Endpoint peer() {
        return peer;
    }

    Endpoint arrivedAt() {
        return arrivedAt;
    }

    /** Who is to be served. */
    Endpoint client() {
        return told == null ? peer : told.client();
    }

    /** Takes in what a proxy says. */
    void tell(ClientRoute route) {
        told = route;
    }

    /** How the client came, for those who come after. */
    ClientRoute route() {
        return told == null ? new ClientRoute(peer, arrivedAt) : told;
    }

    /** Lets the client in as far as access and limits allow; whether it is in. If so {@link #leave} is to follow. */
    boolean enter() {
        if (!service.door().isGuarded()) {
            return true;
        }
        RefusalReason judgement = service.door().admit(client());
        if (judgement == null) {
            admitted = true;
            return true;
        }
        refuse(judgement);
        return false;
    }

    /** Goes over to another service, which may not let the client in; whether it does. */
    boolean enter(LiveService other) {
        if (other == service) {
            return true;
        }
        countOut();
        service = other;
        return enter();
    }

    /** A backend for the client, which is counted there; null if none has room for it. */
    @Nullable
    LiveBackend takeBackend() {
        return service.take(client());
    }

    /** Whether the client may wait for a backend, now that there is none for it. */
    boolean mayWait() {
        return service.settings().traffic().queue().length() > 0
                && service.reasonForNone() == RefusalReason.BACKENDS_FULL;
    }

    /** Notes and counts why the client is not served, or no longer. {@link #leave} is to follow. */
    void refuse(RefusalReason reason) {
        refusal = reason;
        service.door().countRefused(reason);
    }

    Optional<RefusalReason> refusal() {
        return Optional.ofNullable(refusal);
    }

    void queueing() {
        if (account != null) {
            account.queueing(lane.now());
        }
    }

    /** @param position among those that wait for a backend, from 1; 0: there was no place */
    void queuedAt(int position) {
        if (account != null) {
            account.queuedAt(position);
        }
    }

    void connecting() {
        if (account != null) {
            account.connecting(lane.now());
        }
    }

    void connected() {
        if (account != null) {
            account.connected(lane.now());
        }
    }

    /** Counts the client out after it has been refused. */
    void leaveRefused(Stage stage) {
        leave(null, EndCause.REFUSED, stage, 0, 0);
    }

    private void countOut() {
        if (admitted) {
            admitted = false;
            service.door().dismiss(client());
        }
    }

    /** Counts the client out, once. */
    void leave(@Nullable LiveBackend backend, EndCause cause, Stage stage, long bytesIn, long bytesOut) {
        countOut();
        lane.load().leave();
        if (account != null) {
            account.close(this, backend, cause, stage, bytesIn, bytesOut, lane.now());
        }
    }
}
