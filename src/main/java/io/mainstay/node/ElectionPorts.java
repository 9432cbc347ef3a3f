// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.Detours;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.KeptConnections;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.kernel.NoKeptConnections;
import io.mainstay.kernel.NoVirtualInterfaces;
import io.mainstay.kernel.VirtualInterfaces;
import io.mainstay.time.MonotonicClock;
import java.time.InstantSource;

/**
 * All that the election thread sees of the world outside. The driver closes {@code events} when it ends.
 *
 * @param clock by which the election goes
 * @param wallClock the time of day, by which signed advertisements are numbered and nothing else goes
 * @param keptConnections by which connections live on here without their address
 * @param detours by which those of a former Active live on there
 */
public record ElectionPorts(
        KernelEvents events,
        AddressTable addresses,
        NeighbourAnnouncer neighbours,
        LinkTable links,
        MonotonicClock clock,
        InstantSource wallClock,
        Guard guard,
        VirtualInterfaces virtualInterfaces,
        KeptConnections keptConnections,
        Detours detours) {

    /** A host without virtual MAC addresses. */
    public ElectionPorts(
            KernelEvents events,
            AddressTable addresses,
            NeighbourAnnouncer neighbours,
            LinkTable links,
            MonotonicClock clock,
            InstantSource wallClock,
            Guard guard) {
        this(events, addresses, neighbours, links, clock, wallClock, guard, new NoVirtualInterfaces());
    }

    /** A host whose connections end with their address. */
    public ElectionPorts(
            KernelEvents events,
            AddressTable addresses,
            NeighbourAnnouncer neighbours,
            LinkTable links,
            MonotonicClock clock,
            InstantSource wallClock,
            Guard guard,
            VirtualInterfaces virtualInterfaces) {
        this(
                events,
                addresses,
                neighbours,
                links,
                clock,
                wallClock,
                guard,
                virtualInterfaces,
                new NoKeptConnections(),
                Detours.NONE);
    }
}
