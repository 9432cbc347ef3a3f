// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendPool;
import io.mainstay.forward.Candidate;
import io.mainstay.net.Endpoint;
import io.mainstay.time.MonotonicInstant;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Clients for whom no backend has room, first come, first served. Guarded by the lock of its {@link LiveService}.
 *
 * <p>One line for the whole service: whoever waits takes the first backend that has room and that the choice allows for him.
 * Where clients keep their backends and wait for them, one that waits for a certain backend holds nobody up who does not.
 */
final class WaitingLine {

    /** One that waits. */
    interface Client {

        /** Who it is. */
        Endpoint endpoint();

        /** It is to be served by this backend, on which it is counted already; called under the lock by any thread. */
        void serveBy(LiveBackend backend);
    }

    private final Set<Client> waiting = new LinkedHashSet<>();

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    /** Adds one at the end; its position, from 1. */
    int join(Client client) {
        waiting.add(client);
        return waiting.size();
    }

    /** Takes one out; whether it was still in. */
    boolean leave(Client client) {
        return waiting.remove(client);
    }

    /**
     * Serves those for whom there is room now.
     *
     * @param eachForItself whether one may be served although one before him may not
     */
    void serve(BackendPool<LiveBackend> pool, MonotonicInstant now, boolean eachForItself) {
        Iterator<Client> next = waiting.iterator();
        while (next.hasNext()) {
            Client client = next.next();
            Candidate<LiveBackend> chosen = pool.choose(client.endpoint(), now, List.of());
            if (chosen != null) {
                next.remove();
                chosen.connectionStarted();
                client.serveBy(chosen.backend());
            } else if (!eachForItself) {
                return;
            }
        }
    }
}
