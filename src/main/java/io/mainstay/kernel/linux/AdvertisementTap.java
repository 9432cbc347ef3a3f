// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpDatagram;
import java.util.ArrayList;
import java.util.List;

/**
 * Sees the advertisements that cross one interface in either direction, those too that a firewall of this host drops on their
 * way in (packet(7)). Used by one thread.
 */
public final class AdvertisementTap implements AutoCloseable {

    private static final int LONGEST_PACKET = 2048;
    private static final int RECEIVE_BUFFER_OCTETS = 256 * 1024;

    /** All protocols: a socket of one protocol does not see what leaves. */
    private static final int ETH_P_ALL = 3;

    private final InterfaceName interfaceName;
    private final KernelSocket socket;

    private AdvertisementTap(InterfaceName interfaceName, KernelSocket socket) {
        this.interfaceName = interfaceName;
        this.socket = socket;
    }

    /**
     * Sees what crosses the interface from now on.
     *
     * @throws KernelException with {@link Errno#EPERM} without CAP_NET_RAW
     */
    public static AdvertisementTap open(InterfaceName interfaceName, LinkState link) throws KernelException {
        // Of protocol 0 until the filter is in place, so that nothing slips past it.
        KernelSocket socket = KernelSocket.open(
                "tap on " + interfaceName + " (needs CAP_NET_RAW)",
                SocketConstants.AF_PACKET,
                SocketConstants.SOCK_DGRAM,
                0,
                LONGEST_PACKET);
        try {
            PacketFilter.ADVERTISEMENTS.attachTo(socket);
            socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
            socket.bind(SocketAddresses.packet(link.index(), ETH_P_ALL));
            return new AdvertisementTap(interfaceName, socket);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    /** What was seen since the last call; waits for nothing. */
    public List<IpDatagram> drain() throws KernelException {
        List<IpDatagram> seen = new ArrayList<>();
        while (true) {
            int length = socket.receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                return seen;
            }
            if (LinuxCalls.failedWith(length, Errno.ENETDOWN)) {
                continue;
            }
            LinuxCalls.check(length, "see advertisements on " + interfaceName);
            byte[] packet = socket.received(length);
            Ipv4Packet.parse(packet).or(() -> Ipv6Packet.parse(packet)).ifPresent(seen::add);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
