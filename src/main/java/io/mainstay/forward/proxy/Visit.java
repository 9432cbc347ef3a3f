// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.wire.ClientRoute;
import io.mainstay.net.Endpoint;
import org.jspecify.annotations.Nullable;

/** A client that has connected to a service: who it is, and whether it is in. Runs on the thread of one worker. */
final class Visit {

    private final LiveService service;
    private final LiveListener listener;

    /** Who is at the other end of the connection: the client, or a proxy that speaks for it. */
    private final Endpoint peer;

    /** Where the connection arrived on this node. */
    private final Endpoint arrivedAt;

    /** What a proxy has told of the client. */
    private @Nullable ClientRoute told;

    private boolean admitted;

    Visit(LiveService service, LiveListener listener, Endpoint peer, Endpoint arrivedAt) {
        this.service = service;
        this.listener = listener;
        this.peer = peer;
        this.arrivedAt = arrivedAt;
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
        if (!service.isGuarded()) {
            return true;
        }
        RefusalReason refusal = service.admit(client());
        if (refusal == null) {
            admitted = true;
            return true;
        }
        service.countRefused(refusal);
        return false;
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

    /** Counts the client out. */
    void leave() {
        if (admitted) {
            admitted = false;
            service.dismiss(client());
        }
    }
}
