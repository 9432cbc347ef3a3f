// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.Commands;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicClock;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * All that the tracking thread sees of the world outside.
 *
 * @param events its own, other than the election's; the driver closes them when it ends
 * @param workers runs looks that may take long, each at once
 * @param proc where the process file system is mounted
 * @param virtualAddresses which are nobody's own
 */
public record WatchPorts(
        KernelEvents events,
        LinkTable links,
        AddressTable addresses,
        NeighbourAnnouncer neighbours,
        MonotonicClock clock,
        Commands commands,
        ServicePools pools,
        Executor workers,
        Path proc,
        Set<IpAddress> virtualAddresses) {}
