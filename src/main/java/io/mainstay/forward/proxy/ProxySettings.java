// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Commands;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicClock;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How the engine runs on this node.
 *
 * @param workers threads that relay, each with its own listening sockets; at least 1
 * @param virtualAddresses the addresses that move between nodes; services on them start with their gate closed
 * @param clock the source of every deadline
 * @param mostConnections how many connections and sessions of clients there may be at the same time
 * @param commands runs the programs that judge backends
 * @param records is given the records of connections, by the threads of the engine: it must return at once and not throw
 * @param onWorkerStart what each worker does first, on its own thread
 */
public record ProxySettings(
        int workers,
        Set<IpAddress> virtualAddresses,
        MonotonicClock clock,
        int mostConnections,
        Commands commands,
        Consumer<ConnectionRecord> records,
        Runnable onWorkerStart) {

    /** For services whose checks run no programs. */
    public ProxySettings(int workers, Set<IpAddress> virtualAddresses, MonotonicClock clock) {
        this(
                workers,
                virtualAddresses,
                clock,
                Integer.MAX_VALUE,
                command -> new CommandResult.NotRun("no program may be run here"),
                record -> {},
                () -> {});
    }

    public ProxySettings {
        if (workers < 1) {
            throw new IllegalArgumentException("workers: " + workers + " (expected: 1 or more)");
        }
        virtualAddresses = Set.copyOf(virtualAddresses);
    }
}
