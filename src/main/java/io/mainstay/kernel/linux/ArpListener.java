// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.MacAddress;
import java.lang.ref.Reference;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Hears on one interface who says in ARP packets of either form that it has an IPv4 address (packet(7)). Used by one
 * thread.
 */
final class ArpListener implements PollSource, AutoCloseable {

    private static final int LONGEST_PACKET = 64;
    private static final int RECEIVE_BUFFER_OCTETS = 256 * 1024;

    private final InterfaceName interfaceName;
    private final KernelSocket socket;
    private final Predicate<MacAddress> isOurs;

    private ArpListener(InterfaceName interfaceName, KernelSocket socket, Predicate<MacAddress> isOurs) {
        this.interfaceName = interfaceName;
        this.socket = socket;
        this.isOurs = isOurs;
    }

    /** @param isOurs tells the MAC addresses of this host, whose packets claim nothing against it */
    static ArpListener open(LinkMessage link, Predicate<MacAddress> isOurs) throws KernelException {
        // Of protocol 0 until the filter is in place, so that nothing slips past it.
        KernelSocket socket = KernelSocket.open(
                "ARP socket on " + link.name() + " (needs CAP_NET_RAW)",
                SocketConstants.AF_PACKET,
                SocketConstants.SOCK_DGRAM,
                0,
                LONGEST_PACKET);
        try {
            attachFilter(socket);
            socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
            socket.bind(SocketAddresses.packet(link.index(), SocketConstants.ETH_P_ARP));
            return new ArpListener(link.name(), socket, isOurs);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    private static void attachFilter(KernelSocket socket) throws KernelException {
        NativeBuffer instructions = NativeBuffer.of(ArpFilter.instructions());
        try {
            socket.setOption(
                    "SO_ATTACH_FILTER",
                    SocketConstants.SOL_SOCKET,
                    SocketConstants.SO_ATTACH_FILTER,
                    ArpFilter.program(instructions));
        } finally {
            Reference.reachabilityFence(instructions);
        }
    }

    @Override
    public int descriptor() {
        return socket.descriptor();
    }

    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
        for (int taken = 0; taken < mostMessages && !socket.isClosed(); taken++) {
            int length = socket.receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                return;
            }
            if (LinuxCalls.failedWith(length, Errno.ENETDOWN)) {
                // Told once when the interface goes down; the link event says the same.
                continue;
            }
            LinuxCalls.check(length, "receive ARP on " + interfaceName);
            claim(socket.received(length)).ifPresent(sink);
        }
    }

    private Optional<KernelEvent> claim(byte[] octets) {
        return ArpPacket.parse(octets)
                .filter(packet -> !packet.sender().isUnspecified() && !isOurs.test(packet.senderMac()))
                .map(packet -> new KernelEvent.AddressClaimed(interfaceName, packet.sender(), packet.senderMac()));
    }

    @Override
    public void close() {
        socket.close();
    }
}
