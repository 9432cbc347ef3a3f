// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;

/**
 * How one connection fares with the backend that it was given to. There is one only for services that want to know. Runs on
 * the thread of the connection's worker.
 *
 * <p>The time to answer is that to connect, and that from the first octets of the client to the first of the backend; for a
 * backend that speaks first, from the connection on.
 */
final class Trial {

    private final LiveService service;
    private final Lane lane;
    private LiveBackend backend;
    private MonotonicInstant begun;
    private MonotonicInstant waitingSince;
    private long connectNanos;
    private boolean connected;
    private boolean asked;
    private boolean decided;

    Trial(LiveService service, Lane lane, LiveBackend first) {
        this.service = service;
        this.lane = lane;
        backend = first;
        begun = lane.now();
        waitingSince = begun;
    }

    /** A connection to a backend is being opened. */
    void connecting(LiveBackend to) {
        backend = to;
        begun = lane.now();
    }

    /** It was not made. */
    void failed(String how) {
        // A refusal comes quickly and must not make the backend look quick.
        long nanos = Math.max(lane.now().nanosSince(begun), service.timeouts().connectNanos());
        service.onConnectFailed(backend, Duration.ofNanos(nanos), how);
    }

    /** It was made. */
    void connected() {
        connected = true;
        waitingSince = lane.now();
        connectNanos = waitingSince.nanosSince(begun);
        service.onConnected(backend);
    }

    /** Octets are on their way to the other side. */
    void passed(boolean fromClient) {
        if (fromClient && !asked) {
            asked = true;
            waitingSince = lane.now();
        } else if (!fromClient && !decided) {
            decided = true;
            long nanos = connectNanos + lane.now().nanosSince(waitingSince);
            service.onAnswer(backend, Duration.ofNanos(nanos));
        }
    }

    /** The connection is over; nothing if that was told before. */
    void ended(boolean resetByBackend) {
        if (connected && !decided) {
            decided = true;
            service.onEndWithoutAnswer(backend, resetByBackend);
        }
    }
}
