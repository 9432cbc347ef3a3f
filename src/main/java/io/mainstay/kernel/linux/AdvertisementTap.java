// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpDatagram;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Sees the IPv4 advertisements that cross one interface in either direction, those too that a firewall of this host drops on
 * their way in (packet(7)). Used by one thread.
 */
public final class AdvertisementTap implements AutoCloseable {

    private static final int LONGEST_PACKET = 2048;
    private static final int RECEIVE_BUFFER_OCTETS = 256 * 1024;

    /** All protocols: a socket of one protocol does not see what leaves. */
    private static final int ETH_P_ALL = 3;

    private static final int LOAD_HALF_WORD = 0x28;
    private static final int LOAD_OCTET = 0x30;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;

    /** Where the filter finds the type of the frame: SKF_AD_OFF + SKF_AD_PROTOCOL of linux/filter.h. */
    private static final int FRAME_TYPE = -0x1000;

    private static final int IP_PROTOCOL = 9;
    private static final int VRRP = 112;

    private static final int[][] PROGRAM = {
        // operation, skip if true, skip if false, operand; the packet begins with the IP header
        {LOAD_HALF_WORD, 0, 0, FRAME_TYPE},
        {JUMP_IF_EQUAL, 0, 3, SocketConstants.ETH_P_IP},
        {LOAD_OCTET, 0, 0, IP_PROTOCOL},
        {JUMP_IF_EQUAL, 0, 1, VRRP},
        {RETURN, 0, 0, LONGEST_PACKET},
        {RETURN, 0, 0, 0},
    };

    private static final int INSTRUCTION_LENGTH = 8;

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
            attachFilter(socket);
            socket.setReceiveBuffer(RECEIVE_BUFFER_OCTETS);
            socket.bind(SocketAddresses.packet(link.index(), ETH_P_ALL));
            return new AdvertisementTap(interfaceName, socket);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    private static void attachFilter(KernelSocket socket) throws KernelException {
        ByteBuffer octets =
                ByteBuffer.allocate(PROGRAM.length * INSTRUCTION_LENGTH).order(ByteOrder.nativeOrder());
        for (int[] instruction : PROGRAM) {
            octets.putShort((short) instruction[0])
                    .put((byte) instruction[1])
                    .put((byte) instruction[2])
                    .putInt(instruction[3]);
        }
        NativeBuffer instructions = NativeBuffer.of(octets.array());
        NativeBuffer program = new NativeBuffer(16);
        program.putShort(0, PROGRAM.length);
        program.putLong(8, instructions.address());
        try {
            socket.setOption("SO_ATTACH_FILTER", SocketConstants.SOL_SOCKET, SocketConstants.SO_ATTACH_FILTER, program);
        } finally {
            Reference.reachabilityFence(instructions);
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
            Ipv4Packet.parse(socket.received(length)).ifPresent(seen::add);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
