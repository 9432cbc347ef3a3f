// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.KeptConnections;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.kernel.VirtualInterfaces;
import io.mainstay.time.MonotonicClock;

/**
 * The ports of {@code kernel} on the Linux kernel of this host, in the network namespace of the thread that opens it. All of
 * it belongs to the thread that opened it, but for {@link KernelEvents#wake} and the clock.
 *
 * <p>Whatever sockets it holds are non-blocking and close on exec; it waits nowhere but in {@link KernelEvents#await}.
 */
public final class LinuxKernel implements AutoCloseable {

    private final MonotonicClock clock;
    private final NetlinkSocket netlink;
    private final NetlinkLinkTable links;
    private final NetlinkAddressTable addresses;
    private final PacketAnnouncer announcer;
    private final MacvlanInterfaces virtualInterfaces;
    private final NetlinkKeptConnections keptConnections;
    private final LinuxKernelEvents events;

    private LinuxKernel(
            MonotonicClock clock,
            NetlinkSocket netlink,
            NetlinkLinkTable links,
            PacketAnnouncer announcer,
            LinuxKernelEvents events) {
        this.clock = clock;
        this.netlink = netlink;
        this.links = links;
        this.addresses = new NetlinkAddressTable(netlink, links);
        this.announcer = announcer;
        this.virtualInterfaces = new MacvlanInterfaces(netlink, links, addresses, announcer);
        this.keptConnections = new NetlinkKeptConnections(netlink);
        this.events = events;
    }

    /**
     * Opens all of it but the interfaces, which {@link KernelEvents#open} does one by one, and goes through the calls of a
     * takeover once without effect, so that the first real one finds its classes loaded.
     *
     * @throws KernelException naming what was refused; {@link io.mainstay.kernel.Errno#EPERM} without CAP_NET_RAW and
     *     CAP_NET_ADMIN
     */
    public static LinuxKernel open() throws KernelException {
        LinuxKernel kernel = openUnrehearsed();
        try {
            new Rehearsal(kernel.addresses, kernel.announcer).run();
            return kernel;
        } catch (KernelException e) {
            kernel.close();
            throw e;
        }
    }

    private static LinuxKernel openUnrehearsed() throws KernelException {
        MonotonicClock clock = new LinuxMonotonicClock();
        NetlinkSocket netlink = NetlinkSocket.open();
        PacketAnnouncer announcer = null;
        try {
            NetlinkLinkTable links = new NetlinkLinkTable(netlink);
            announcer = PacketAnnouncer.open(links);
            return new LinuxKernel(clock, netlink, links, announcer, LinuxKernelEvents.open(links, clock));
        } catch (KernelException e) {
            if (announcer != null) {
                announcer.close();
            }
            netlink.close();
            throw e;
        }
    }

    public AddressTable addresses() {
        return addresses;
    }

    public LinkTable links() {
        return links;
    }

    public NeighbourAnnouncer announcer() {
        return announcer;
    }

    public VirtualInterfaces virtualInterfaces() {
        return virtualInterfaces;
    }

    public KeptConnections keptConnections() {
        return keptConnections;
    }

    public KernelEvents events() {
        return events;
    }

    public MonotonicClock clock() {
        return clock;
    }

    @Override
    public void close() {
        events.close();
        announcer.close();
        netlink.close();
    }
}
