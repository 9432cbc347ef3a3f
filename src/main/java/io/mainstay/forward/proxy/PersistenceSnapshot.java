// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;
import java.util.List;

/**
 * The clients of a service that keep their backends, at one moment.
 *
 * @param clients how many there are
 * @param evictions how many were forgotten before their time, for want of room
 * @param latest those that were here last, the latest first
 */
public record PersistenceSnapshot(int clients, long evictions, List<Client> latest) {

    /** Nobody keeps anything. */
    static final PersistenceSnapshot NONE = new PersistenceSnapshot(0, 0, List.of());

    public PersistenceSnapshot {
        latest = List.copyOf(latest);
    }

    /**
     * One client.
     *
     * @param client its address, or the network that counts as one client
     * @param backend name of the backend that it keeps
     * @param remaining time until it is forgotten, if it does not come back
     */
    public record Client(String client, String backend, Duration remaining) {}
}
