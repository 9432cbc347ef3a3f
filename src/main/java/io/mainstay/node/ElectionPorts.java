// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.time.MonotonicClock;

/** All that the election thread sees of the world outside. The driver closes {@code events} when it ends. */
public record ElectionPorts(
        KernelEvents events,
        AddressTable addresses,
        NeighbourAnnouncer neighbours,
        LinkTable links,
        MonotonicClock clock,
        Guard guard) {}
