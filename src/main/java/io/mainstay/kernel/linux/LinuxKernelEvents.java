// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.ClaimSocket;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Waits in one ppoll(2) for datagrams, claims and rtnetlink events of all open interfaces, and for {@link #wake}.
 *
 * <p>Link and address events come for every interface of the network namespace, open or not, so that one that appears can be
 * opened. ppoll takes its timeout in nanoseconds, but the kernel lets an ordinary thread sleep up to its timer slack, 50
 * microseconds, longer; not one with real-time scheduling.
 */
final class LinuxKernelEvents implements KernelEvents {

    /** How much is taken from one source before the others have their turn and the timers are looked at again. */
    private static final int MESSAGES_PER_TURN = 64;

    private final NetlinkLinkTable links;
    private final MonotonicClock clock;
    private final NetlinkListener netlink;
    private final WakeDescriptor waker;
    private final PollSet sources = new PollSet();
    private final Set<OpenInterface> openInterfaces = new HashSet<>();

    private LinuxKernelEvents(
            NetlinkLinkTable links, MonotonicClock clock, NetlinkListener netlink, WakeDescriptor waker) {
        this.links = links;
        this.clock = clock;
        this.netlink = netlink;
        this.waker = waker;
        sources.add(waker);
        sources.add(netlink);
    }

    /** @param clock by which the deadlines of {@link #await} are told */
    static LinuxKernelEvents open(NetlinkLinkTable links, MonotonicClock clock) throws KernelException {
        NetlinkListener netlink = NetlinkListener.open(links);
        try {
            return new LinuxKernelEvents(links, clock, netlink, WakeDescriptor.open());
        } catch (KernelException e) {
            netlink.close();
            throw e;
        }
    }

    @Override
    public AdvertisementSocket open(InterfaceName interfaceName, Set<IpFamily> families) throws KernelException {
        LinkMessage link = links.require(interfaceName, "open " + interfaceName + " for VRRP");
        return attend(OpenInterface.open(link, families, netlink::isOwnMac, this::forget));
    }

    @Override
    public ClaimSocket listen(InterfaceName interfaceName, Set<IpFamily> families) throws KernelException {
        LinkMessage link = links.require(interfaceName, "open " + interfaceName + " for claims of addresses");
        return attend(OpenInterface.listen(link, families, netlink::isOwnMac, this::forget));
    }

    private OpenInterface attend(OpenInterface opened) {
        openInterfaces.add(opened);
        opened.sources().forEach(sources::add);
        return opened;
    }

    private void forget(OpenInterface closed) {
        openInterfaces.remove(closed);
        closed.sources().forEach(sources::remove);
    }

    @Override
    public void await(Optional<MonotonicInstant> deadline, Consumer<KernelEvent> sink) throws KernelException {
        sources.drain(deadline.map(instant -> instant.since(clock.now())), MESSAGES_PER_TURN, sink);
    }

    @Override
    public void wake() {
        waker.wake();
    }

    @Override
    public void close() {
        List.copyOf(openInterfaces).forEach(OpenInterface::close);
        netlink.close();
        waker.close();
    }
}
