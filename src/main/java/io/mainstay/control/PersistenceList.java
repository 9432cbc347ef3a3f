// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.time.Duration;
import java.util.List;

/**
 * The clients of a service that keep their backends.
 *
 * @param service name of the service
 * @param clients how many there are
 * @param evictions how many were forgotten before their time, for want of room
 * @param latest those that were here last, the latest first; not more than were asked for
 */
public record PersistenceList(String service, long clients, long evictions, List<Client> latest) {

    public PersistenceList {
        latest = List.copyOf(latest);
    }

    /**
     * One client.
     *
     * @param client its address, or the network that counts as one client
     * @param backend the backend that it keeps
     * @param remaining time until it is forgotten, if it does not come back
     */
    public record Client(String client, String backend, Duration remaining) {}
}
