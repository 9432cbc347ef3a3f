// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * A raw IPv4 socket of protocol 112, bound to one interface, member of the VRRP group there (raw(7), ip(7)). Used by one
 * thread.
 *
 * <p>It is bound to the interface that had the name at the time: when that interface is deleted the socket falls silent and
 * sending fails with {@link Errno#ENODEV}; a new interface of the same name needs a new socket.
 *
 * <p>It writes the IP header itself, so that the source is the one asked for, even if the address went a moment ago.
 */
final class RawAdvertisementSocket implements AdvertisementSocket, PollSource {

    private static final int PROTOCOL = 112;
    private static final int TIME_TO_LIVE = 255;

    /** DSCP CS6, network control (RFC 4594 §3.1). */
    private static final int TYPE_OF_SERVICE = 0xC0;

    /** Room for the longest header and a message of 255 addresses of IPv6 size. */
    private static final int LONGEST_PACKET = 8 * 1024;

    /** A second of 255 virtual routers at intervals of 100 ms, at the kernel's price of about 800 octets each. */
    private static final int RECEIVE_BUFFER_OCTETS = 2 * 1024 * 1024;

    private final InterfaceName interfaceName;
    private final KernelSocket socket;

    private RawAdvertisementSocket(InterfaceName interfaceName, KernelSocket socket) {
        this.interfaceName = interfaceName;
        this.socket = socket;
    }

    static RawAdvertisementSocket open(LinkMessage link) throws KernelException {
        KernelSocket socket = KernelSocket.open(
                "VRRP socket on " + link.name() + " (needs CAP_NET_RAW and CAP_NET_ADMIN)",
                SocketConstants.AF_INET,
                SocketConstants.SOCK_RAW,
                PROTOCOL,
                LONGEST_PACKET);
        try {
            configure(socket, link.index());
            return new RawAdvertisementSocket(link.name(), socket);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    private static void configure(KernelSocket socket, int interfaceIndex) throws KernelException {
        int ofSocket = SocketConstants.SOL_SOCKET;
        int ofIp = SocketConstants.SOL_IP;
        socket.setOption("SO_BINDTOIFINDEX", ofSocket, SocketConstants.SO_BINDTOIFINDEX, interfaceIndex);
        // What came before the line above may have come on another interface.
        socket.discardQueue();
        socket.setOption("SO_PRIORITY", ofSocket, SocketConstants.SO_PRIORITY, SocketConstants.PRIORITY_CONTROL);
        socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
        socket.setOption("IP_HDRINCL", ofIp, SocketConstants.IP_HDRINCL, 1);
        socket.setOption("IP_MULTICAST_LOOP", ofIp, SocketConstants.IP_MULTICAST_LOOP, 0);
        // Otherwise the socket hears every group that any socket of the host joined.
        socket.setOption("IP_MULTICAST_ALL", ofIp, SocketConstants.IP_MULTICAST_ALL, 0);
        NativeBuffer group = NativeBuffer.of(membership(interfaceIndex));
        socket.setOption("IP_MULTICAST_IF", ofIp, SocketConstants.IP_MULTICAST_IF, group);
        socket.setOption("IP_ADD_MEMBERSHIP", ofIp, SocketConstants.IP_ADD_MEMBERSHIP, group);
    }

    /** {@code struct ip_mreqn}: the group, no local address, the interface by number (ip(7)). */
    private static byte[] membership(int interfaceIndex) {
        return ByteBuffer.allocate(12)
                .put(Ipv4Address.VRRP_GROUP.octets())
                .order(ByteOrder.nativeOrder())
                .putInt(8, interfaceIndex)
                .array();
    }

    @Override
    public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        if (!(source instanceof Ipv4Address from) || !(destination instanceof Ipv4Address to)) {
            throw new KernelException(operation(source, destination), Errno.EAFNOSUPPORT.number());
        }
        byte[] packet = Ipv4Packet.write(from, to, TYPE_OF_SERVICE, TIME_TO_LIVE, PROTOCOL, message);
        int result = socket.send(packet, SocketAddresses.ipv4(to));
        if (result < 0) {
            throw new KernelException(operation(source, destination), -result);
        }
    }

    private String operation(IpAddress source, IpAddress destination) {
        return "send VRRP from " + source + " to " + destination + " on " + interfaceName;
    }

    @Override
    public int descriptor() {
        return socket.descriptor();
    }

    boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
        for (int taken = 0; taken < mostMessages && !socket.isClosed(); taken++) {
            int length = socket.receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                return;
            }
            LinuxCalls.check(length, "receive VRRP on " + interfaceName);
            Ipv4Packet.parse(socket.received(length))
                    .ifPresent(datagram -> sink.accept(new KernelEvent.DatagramReceived(interfaceName, datagram)));
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
