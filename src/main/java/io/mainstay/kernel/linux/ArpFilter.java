// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The socket filter, in classic BPF, that lets through the ARP packets by which somebody says that it has an IPv4 address
 * (kernel Documentation/networking/filter.rst). Saves waking up for the rest, foremost for probes.
 */
final class ArpFilter {

    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_HALF_WORD = 0x28;
    private static final int LOAD_OCTET = 0x30;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;

    private static final int INSTRUCTION_LENGTH = 8;
    private static final int PROGRAM_LENGTH = 16;

    /** Where the filter finds the packet's type instead of its octets: SKF_AD_OFF + SKF_AD_PKTTYPE of linux/filter.h. */
    private static final int PACKET_TYPE = -0x1000 + 4;

    /** Meant for another host: seen in promiscuous mode, or of a VLAN that has no interface here. */
    private static final int PACKET_OTHERHOST = 3;

    private static final int[][] PROGRAM = {
        // operation, skip if true, skip if false, operand; the packet begins with the ARP header
        {LOAD_OCTET, 0, 0, PACKET_TYPE},
        {JUMP_IF_EQUAL, 9, 0, PACKET_OTHERHOST},
        {LOAD_HALF_WORD, 0, 0, 0},
        {JUMP_IF_EQUAL, 0, 7, 1}, // hardware type Ethernet
        {LOAD_HALF_WORD, 0, 0, 2},
        {JUMP_IF_EQUAL, 0, 5, SocketConstants.ETH_P_IP},
        {LOAD_HALF_WORD, 0, 0, 4},
        {JUMP_IF_EQUAL, 0, 3, 0x0604}, // lengths of both kinds of address
        {LOAD_WORD, 0, 0, 14},
        {JUMP_IF_EQUAL, 1, 0, 0}, // a probe claims nothing
        {RETURN, 0, 0, ArpPacket.LENGTH},
        {RETURN, 0, 0, 0},
    };

    private ArpFilter() {}

    /** {@code struct sock_filter[]}. */
    static byte[] instructions() {
        ByteBuffer octets =
                ByteBuffer.allocate(PROGRAM.length * INSTRUCTION_LENGTH).order(ByteOrder.nativeOrder());
        for (int[] instruction : PROGRAM) {
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
    static NativeBuffer program(NativeBuffer instructions) {
        NativeBuffer program = new NativeBuffer(PROGRAM_LENGTH);
        program.putShort(0, PROGRAM.length);
        program.putLong(8, instructions.address());
        return program;
    }
}
