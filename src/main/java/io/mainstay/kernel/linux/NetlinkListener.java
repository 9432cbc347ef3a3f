// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.MacAddress;
import java.util.List;
import java.util.function.Consumer;

/**
 * Hears from rtnetlink what happens to interfaces and addresses (rtnetlink(7)). Used by one thread.
 *
 * <p>When the kernel had to throw messages away because its buffer was full, everything is listed anew and the differences
 * are told, as soon as a listing succeeds: on a host where interfaces come and go all the time that may take several tries.
 */
final class NetlinkListener implements PollSource, AutoCloseable {

    private static final int LONGEST_DATAGRAM = 64 * 1024;

    /** Some thousand messages, such as when many interfaces of containers come and go at once. */
    private static final int RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

    private final KernelSocket socket;
    private final InterfaceListing listing;
    private final InterfaceMirror mirror = new InterfaceMirror();
    private boolean outdated;

    private NetlinkListener(KernelSocket socket, InterfaceListing listing) {
        this.socket = socket;
        this.listing = listing;
    }

    static NetlinkListener open(InterfaceListing listing) throws KernelException {
        KernelSocket socket = KernelSocket.open(
                "rtnetlink socket for events",
                SocketConstants.AF_NETLINK,
                SocketConstants.SOCK_RAW,
                Rtnetlink.NETLINK_ROUTE,
                LONGEST_DATAGRAM);
        try {
            socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
            // Listening comes before listing, so that no change falls between the two.
            socket.bind(SocketAddresses.netlink(
                    Rtnetlink.RTMGRP_LINK | Rtnetlink.RTMGRP_IPV4_IFADDR | Rtnetlink.RTMGRP_IPV6_IFADDR));
            NetlinkListener listener = new NetlinkListener(socket, listing);
            listener.mirror.replaceAll(listing.all(), listing.allAddresses(), event -> {});
            return listener;
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    boolean isOwnMac(MacAddress mac) {
        return mirror.isOwnMac(mac);
    }

    @Override
    public int descriptor() {
        return socket.descriptor();
    }

    /** Whether events were lost, and what has changed meanwhile is yet to be learnt. */
    @Override
    public boolean isPending() {
        return outdated;
    }

    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
        if (outdated && !socket.isClosed()) {
            startAnew(sink);
        }
        for (int taken = 0; taken < mostMessages && !socket.isClosed(); taken++) {
            int length = socket.receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                return;
            }
            if (LinuxCalls.failedWith(length, Errno.ENOBUFS) || length > socket.longestMessage()) {
                startAnew(sink);
                return;
            }
            LinuxCalls.check(length, "receive rtnetlink events");
            NetlinkMessage.parse(socket.received(length)).forEach(message -> mirror.apply(message, sink));
        }
    }

    private void startAnew(Consumer<KernelEvent> sink) throws KernelException {
        outdated = true;
        socket.discardQueue();
        List<LinkMessage> links = listing.all();
        List<AddressMessage> addresses = listing.allAddresses();
        outdated = false;
        mirror.replaceAll(links, addresses, sink);
    }

    @Override
    public void close() {
        socket.close();
    }
}
