// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicClock;
import java.util.Set;

/**
 * How the engine runs on this node.
 *
 * @param workers threads that relay, each with its own listening sockets; at least 1
 * @param virtualAddresses the addresses that move between nodes; services on them start with their gate closed
 * @param clock the source of every deadline
 */
public record ProxySettings(int workers, Set<IpAddress> virtualAddresses, MonotonicClock clock) {

    public ProxySettings {
        if (workers < 1) {
            throw new IllegalArgumentException("workers: " + workers + " (expected: 1 or more)");
        }
        virtualAddresses = Set.copyOf(virtualAddresses);
    }

    /** One worker for each processor. */
    public static ProxySettings defaults(Set<IpAddress> virtualAddresses, MonotonicClock clock) {
        return new ProxySettings(Runtime.getRuntime().availableProcessors(), virtualAddresses, clock);
    }
}
