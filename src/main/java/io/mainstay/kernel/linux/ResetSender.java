// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sends TCP resets in the name of both ends of a flow that this host forwards. Used by one thread. */
final class ResetSender implements AutoCloseable {

    /** Packets with their header, which the program writes. */
    private static final int IPPROTO_RAW = 255;

    private static final int LONGEST_PACKET = 128;

    private final KernelSocket ipv4;
    private final KernelSocket ipv6;

    private ResetSender(KernelSocket ipv4, KernelSocket ipv6) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
    }

    static ResetSender open() throws KernelException {
        KernelSocket ipv4 = open(SocketConstants.AF_INET);
        try {
            return new ResetSender(ipv4, open(SocketConstants.AF_INET6));
        } catch (KernelException e) {
            ipv4.close();
            throw e;
        }
    }

    private static KernelSocket open(int family) throws KernelException {
        return KernelSocket.open(
                "raw socket for resets (needs CAP_NET_RAW)",
                family,
                SocketConstants.SOCK_RAW,
                IPPROTO_RAW,
                LONGEST_PACKET);
    }

    /** Sends one. If the kernel refuses, the flow ends as it would have without: when its ends notice. */
    void send(Endpoint source, Endpoint destination, int sequence) {
        byte[] packet = TcpReset.packet(source, destination, sequence);
        switch (destination.address()) {
            case Ipv4Address to -> ipv4.send(packet, SocketAddresses.ipv4(to));
            case Ipv6Address to -> ipv6.send(packet, ipv6(to));
        }
    }

    /** {@code struct sockaddr_in6} without port, as raw sockets want it (ipv6(7)). */
    private static byte[] ipv6(Ipv6Address address) {
        byte[] octets = new byte[28];
        ByteBuffer.wrap(octets)
                .order(ByteOrder.nativeOrder())
                .putShort(0, (short) SocketConstants.AF_INET6)
                .put(8, address.octets());
        return octets;
    }

    @Override
    public void close() {
        ipv4.close();
        ipv6.close();
    }
}
