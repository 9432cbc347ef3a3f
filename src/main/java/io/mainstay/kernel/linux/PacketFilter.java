// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Filters of packet sockets, in classic BPF (kernel Documentation/networking/filter.rst): what does not pass wakes nobody up. A
 * packet begins behind its Ethernet header.
 */
enum PacketFilter {
    /** Advertisements of VRRP over either family (protocol 112), in both directions. */
    ADVERTISEMENTS(new int[][] {
        // operation, skip if true, skip if false, operand
        {Bpf.LOAD_HALF_WORD, 0, 0, Bpf.FRAME_TYPE},
        {Bpf.JUMP_IF_EQUAL, 0, 2, SocketConstants.ETH_P_IP},
        {Bpf.LOAD_OCTET, 0, 0, 9}, // protocol
        {Bpf.JUMP_IF_EQUAL, 3, 4, Bpf.VRRP},
        {Bpf.JUMP_IF_EQUAL, 0, 3, SocketConstants.ETH_P_IPV6},
        {Bpf.LOAD_OCTET, 0, 0, 6}, // next header
        {Bpf.JUMP_IF_EQUAL, 0, 1, Bpf.VRRP},
        {Bpf.RETURN, 0, 0, 2048},
        {Bpf.RETURN, 0, 0, 0},
    }),

    /** A claim of an address: what begins with an ARP header and is no probe. */
    ARP(new int[][] {
        // operation, skip if true, skip if false, operand
        {Bpf.LOAD_OCTET, 0, 0, Bpf.PACKET_TYPE},
        {Bpf.JUMP_IF_EQUAL, 9, 0, Bpf.PACKET_OTHERHOST},
        {Bpf.LOAD_HALF_WORD, 0, 0, 0},
        {Bpf.JUMP_IF_EQUAL, 0, 7, 1}, // hardware type Ethernet
        {Bpf.LOAD_HALF_WORD, 0, 0, 2},
        {Bpf.JUMP_IF_EQUAL, 0, 5, SocketConstants.ETH_P_IP},
        {Bpf.LOAD_HALF_WORD, 0, 0, 4},
        {Bpf.JUMP_IF_EQUAL, 0, 3, 0x0604}, // lengths of both kinds of address
        {Bpf.LOAD_WORD, 0, 0, 14},
        {Bpf.JUMP_IF_EQUAL, 1, 0, 0}, // a probe claims nothing
        {Bpf.RETURN, 0, 0, ArpPacket.LENGTH},
        {Bpf.RETURN, 0, 0, 0},
    }),

    /** A claim of an address: what begins with an IPv6 header, directly behind which stands a neighbour advertisement from this link. */
    NEIGHBOUR_ADVERTISEMENTS(new int[][] {
        {Bpf.LOAD_OCTET, 0, 0, Bpf.PACKET_TYPE},
        {Bpf.JUMP_IF_EQUAL, 7, 0, Bpf.PACKET_OTHERHOST},
        {Bpf.LOAD_OCTET, 0, 0, 6},
        {Bpf.JUMP_IF_EQUAL, 0, 5, NeighbourAdvertisement.ICMPV6},
        {Bpf.LOAD_OCTET, 0, 0, 7},
        {Bpf.JUMP_IF_EQUAL, 0, 3, NeighbourAdvertisement.HOP_LIMIT},
        {Bpf.LOAD_OCTET, 0, 0, 40},
        {Bpf.JUMP_IF_EQUAL, 0, 1, NeighbourAdvertisement.TYPE},
        {Bpf.RETURN, 0, 0, 128},
        {Bpf.RETURN, 0, 0, 0},
    });

    private static final int INSTRUCTION_LENGTH = 8;
    private static final int PROGRAM_LENGTH = 16;

    @SuppressWarnings("ImmutableEnumChecker") // never changed
    private final int[][] program;

    PacketFilter(int[][] program) {
        this.program = program;
    }

    /** Lets nothing else through from now on. */
    void attachTo(KernelSocket socket) throws KernelException {
        NativeBuffer instructions = NativeBuffer.of(instructions());
        try {
            socket.setOption(
                    "SO_ATTACH_FILTER",
                    SocketConstants.SOL_SOCKET,
                    SocketConstants.SO_ATTACH_FILTER,
                    program(instructions));
        } finally {
            Reference.reachabilityFence(instructions);
        }
    }

    /** {@code struct sock_filter[]}. */
    private byte[] instructions() {
        ByteBuffer octets =
                ByteBuffer.allocate(program.length * INSTRUCTION_LENGTH).order(ByteOrder.nativeOrder());
        for (int[] instruction : program) {
            octets.putShort((short) instruction[0])
                    .put((byte) instruction[1])
                    .put((byte) instruction[2])
                    .putInt(instruction[3]);
        }
        return octets.array();
    }

    /**
     * {@code struct sock_fprog}, which points to the instructions.
     *
     * @param instructions to be kept alive by the caller until the kernel has copied them
     */
    private NativeBuffer program(NativeBuffer instructions) {
        NativeBuffer structure = new NativeBuffer(PROGRAM_LENGTH);
        structure.putShort(0, program.length);
        structure.putLong(8, instructions.address());
        return structure;
    }

    /** Numbers of linux/filter.h and linux/if_packet.h. */
    private static final class Bpf {

        static final int LOAD_WORD = 0x20;
        static final int LOAD_HALF_WORD = 0x28;
        static final int LOAD_OCTET = 0x30;
        static final int JUMP_IF_EQUAL = 0x15;
        static final int RETURN = 0x06;

        /** Where the filter finds the packet's type instead of its octets: SKF_AD_OFF + SKF_AD_PKTTYPE. */
        static final int PACKET_TYPE = -0x1000 + 4;

        /** Meant for another host: seen in promiscuous mode, or of a VLAN that has no interface here. */
        static final int PACKET_OTHERHOST = 3;

        /** Where it finds the type of the frame: SKF_AD_OFF + SKF_AD_PROTOCOL. */
        static final int FRAME_TYPE = -0x1000;

        static final int VRRP = 112;

        private Bpf() {}
    }
}
