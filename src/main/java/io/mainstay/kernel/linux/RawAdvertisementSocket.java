// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A raw socket of protocol 112 for one family, bound to one interface, member of the VRRP group there (raw(7)). Used by one
 * thread.
 *
 * <p>It is bound to the interface that had the name at the time: when that interface is deleted the socket falls silent and
 * sending fails with {@link Errno#ENODEV}; a new interface of the same name needs a new socket.
 *
 * <p>It writes the IP header itself, so that the source is the one asked for, even if the address went a moment ago.
 */
abstract sealed class RawAdvertisementSocket implements AdvertisementSocket, PollSource
        permits Ipv4AdvertisementSocket, Ipv6AdvertisementSocket {

    static final int PROTOCOL = 112;
    private static final int HOP_LIMIT = 255;

    /** Room for the longest header and a message of 255 addresses of IPv6 size. */
    private static final int LONGEST_PACKET = 8 * 1024;

    /** A second of 255 virtual routers at intervals of 100 ms, at the kernel's price of about 800 octets each. */
    private static final int RECEIVE_BUFFER_OCTETS = 2 * 1024 * 1024;

    private final LinkMessage link;
    private final IpFamily family;
    final KernelSocket socket;

    RawAdvertisementSocket(LinkMessage link, IpFamily family, KernelSocket socket) {
        this.link = link;
        this.family = family;
        this.socket = socket;
    }

    static RawAdvertisementSocket open(LinkMessage link, IpFamily family) throws KernelException {
        KernelSocket socket = KernelSocket.open(
                "VRRP socket for " + family + " on " + link.name() + " (needs CAP_NET_RAW and CAP_NET_ADMIN)",
                family == IpFamily.IPV4 ? SocketConstants.AF_INET : SocketConstants.AF_INET6,
                SocketConstants.SOCK_RAW,
                PROTOCOL,
                LONGEST_PACKET);
        try {
            configure(socket, link.index());
            return switch (family) {
                case IPV4 -> Ipv4AdvertisementSocket.on(link, socket);
                case IPV6 -> Ipv6AdvertisementSocket.on(link, socket);
            };
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    private static void configure(KernelSocket socket, int interfaceIndex) throws KernelException {
        int ofSocket = SocketConstants.SOL_SOCKET;
        socket.setOption("SO_BINDTOIFINDEX", ofSocket, SocketConstants.SO_BINDTOIFINDEX, interfaceIndex);
        // What came before the line above may have come on another interface.
        socket.discardQueue();
        socket.setOption("SO_PRIORITY", ofSocket, SocketConstants.SO_PRIORITY, SocketConstants.PRIORITY_CONTROL);
        socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
    }

    @Override
    public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        String operation = "send VRRP from " + source + " to " + destination + " on " + link.name();
        if (source.family() != family || destination.family() != family) {
            throw new KernelException(operation, Errno.EAFNOSUPPORT.number());
        }
        byte[] packet = IpHeader.prependTo(new IpDatagram(source, destination, HOP_LIMIT, message));
        LinuxCalls.check(socket.send(packet, socketAddress(destination, link.index())), operation);
    }

    /** The destination as the kernel wants it. */
    abstract byte[] socketAddress(IpAddress destination, int interfaceIndex);

    /** Takes the next message from the queue: its length or the negated errno. */
    abstract int receive();

    /** The message just received; empty if it is none that the kernel should have let through. */
    abstract Optional<IpDatagram> received(int length);

    @Override
    public int descriptor() {
        return socket.descriptor();
    }

    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
        for (int taken = 0; taken < mostMessages && !socket.isClosed(); taken++) {
            int length = receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                return;
            }
            LinuxCalls.check(length, "receive VRRP on " + link.name());
            received(length)
                    .ifPresent(datagram -> sink.accept(new KernelEvent.DatagramReceived(link.name(), datagram)));
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
