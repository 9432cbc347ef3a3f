// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.ByteOrder.BIG_ENDIAN;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory for several datagrams, with the headers that recvmmsg(2) and sendmmsg(2) want. What was received in a slot can be
 * sent on from it without being copied. Used by the thread that made it alone.
 *
 * <p>A slot may hold several datagrams of one peer in one piece, each but the last {@link #segmentSize} octets long: so the
 * kernel hands them over (UDP_GRO, since Linux 5.0), and so it takes them (UDP_SEGMENT, since 4.18).
 */
final class DatagramBatch implements AutoCloseable {

    static final int SLOTS = 32;

    /** The largest datagram, and the largest piece of several. */
    static final int BUFFER_LENGTH = 65_536;

    static final int EAGAIN = 11;
    static final int ECONNREFUSED = 111;

    private static final int EIO = 5;
    private static final int EINVAL = 22;
    private static final int EMSGSIZE = 90;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    /** struct mmsghdr of 64-bit Linux: struct msghdr, then msg_len. */
    private static final int HEADER_LENGTH = 64;

    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_LENGTH = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int LENGTH = 56;

    /** The most datagrams of one piece (UDP_MAX_SEGMENTS of Linux before 6.9). */
    private static final int MOST_SEGMENTS = 64;

    /** The longest datagrams that are sent in one piece: longer ones may need fragments, which pieces never have. */
    private static final int LONGEST_SEGMENT = 1452;

    /** The most octets of one piece, with room for the headers of IP and UDP. */
    private static final int LONGEST_PIECE = 65_000;

    /** struct iovec. */
    private static final int VECTOR_SIZE = 16;

    private static final int ADDRESS_SIZE = 32;
    private static final int SOCKADDR_IN = 16;
    private static final int SOCKADDR_IN6 = 28;

    /** Room for the two control messages below. */
    private static final int CONTROL_SIZE = 96;

    /** struct cmsghdr: length, level, type, then the data. */
    private static final int CMSG_LEVEL = 8;

    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;

    /** Length of the control message with the length of segments, padded. */
    private static final int SEGMENT_CONTROL = 24;

    private static final int IPPROTO_IP = 0;
    private static final int IP_PKTINFO = 8;
    private static final int IN_PKTINFO_LENGTH = 12;
    private static final int SPECIFIC_DESTINATION = 4;
    private static final int HEADER_DESTINATION = 8;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_PKTINFO = 50;
    private static final int IN6_PKTINFO_LENGTH = 20;
    private static final int SOL_UDP = 17;
    private static final int UDP_SEGMENT = 103;
    private static final int UDP_GRO = 104;

    /** IPv4 addresses are kept as IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2). */
    private static final long MAPPED = 0x0000_FFFF_0000_0000L;

    private static final ValueLayout.OfShort NETWORK_SHORT = JAVA_SHORT.withOrder(BIG_ENDIAN);
    private static final ValueLayout.OfInt NETWORK_INT = JAVA_INT.withOrder(BIG_ENDIAN);
    private static final ValueLayout.OfLong NETWORK_LONG = JAVA_LONG.withOrder(BIG_ENDIAN);
    private static final ValueLayout.OfInt NETWORK_INT_ANYWHERE = JAVA_INT_UNALIGNED.withOrder(BIG_ENDIAN);
    private static final ValueLayout.OfLong NETWORK_LONG_ANYWHERE = JAVA_LONG_UNALIGNED.withOrder(BIG_ENDIAN);

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment headers = arena.allocate((long) SLOTS * HEADER_LENGTH, Long.BYTES);
    private final MemorySegment outgoing = arena.allocate((long) SLOTS * HEADER_LENGTH, Long.BYTES);
    private final MemorySegment vectors = arena.allocate((long) SLOTS * VECTOR_SIZE, Long.BYTES);
    private final MemorySegment names = arena.allocate((long) SLOTS * ADDRESS_SIZE, Long.BYTES);
    private final MemorySegment controls = arena.allocate((long) SLOTS * CONTROL_SIZE, Long.BYTES);
    private final MemorySegment buffers = arena.allocate((long) SLOTS * BUFFER_LENGTH, Long.BYTES);
    private final MemorySegment state = arena.allocate(SystemCall.STATE);
    private final int[] segmentSizes = new int[SLOTS];
    private final int[] pieceStarts = new int[SLOTS + 1];
    private final long[] localHigh = new long[SLOTS];
    private final long[] localLow = new long[SLOTS];

    DatagramBatch() {
        for (int slot = 0; slot < SLOTS; slot++) {
            long header = header(slot);
            headers.set(JAVA_LONG, header + VECTOR, vectors.address() + (long) slot * VECTOR_SIZE);
            headers.set(JAVA_LONG, header + VECTOR_LENGTH, 1);
        }
    }

    private static long header(int slot) {
        return (long) slot * HEADER_LENGTH;
    }

    private static long name(int slot) {
        return (long) slot * ADDRESS_SIZE;
    }

    private static long control(int slot) {
        return (long) slot * CONTROL_SIZE;
    }

    /**
     * Receives into slots, without waiting.
     *
     * @param from the first slot
     * @param most how many slots may be filled
     * @return how many were filled, or the negated errno
     */
    int receive(UdpSocket socket, int from, int most) {
        for (int slot = from; slot < from + most; slot++) {
            long header = header(slot);
            headers.set(JAVA_LONG, header + NAME, names.address() + name(slot));
            headers.set(JAVA_INT, header + NAME_LENGTH, ADDRESS_SIZE);
            headers.set(JAVA_LONG, header + CONTROL, controls.address() + control(slot));
            headers.set(JAVA_LONG, header + CONTROL_LENGTH, CONTROL_SIZE);
            headers.set(JAVA_INT, header + FLAGS, 0);
            setBuffer(slot, 0, BUFFER_LENGTH);
        }
        int count = DatagramCalls.receive(state, socket.intValue(), headers.address() + header(from), most);
        for (int slot = from; slot < from + count; slot++) {
            setBuffer(slot, 0, length(slot));
            readControl(slot);
        }
        return count;
    }

    private void setBuffer(int slot, int offset, int length) {
        long vector = (long) slot * VECTOR_SIZE;
        vectors.set(JAVA_LONG, vector, buffers.address() + (long) slot * BUFFER_LENGTH + offset);
        vectors.set(JAVA_LONG, vector + Long.BYTES, length);
    }

    private void readControl(int slot) {
        segmentSizes[slot] = 0;
        localHigh[slot] = 0;
        localLow[slot] = 0;
        long end = control(slot) + headers.get(JAVA_LONG, header(slot) + CONTROL_LENGTH);
        long at = control(slot);
        while (at + CMSG_DATA <= end) {
            long length = controls.get(JAVA_LONG, at);
            int level = controls.get(JAVA_INT, at + CMSG_LEVEL);
            int type = controls.get(JAVA_INT, at + CMSG_TYPE);
            if (level == SOL_UDP && type == UDP_GRO) {
                int size = controls.get(JAVA_INT, at + CMSG_DATA);
                segmentSizes[slot] = size < length(slot) ? size : 0;
            } else if (level == IPPROTO_IP && type == IP_PKTINFO) {
                localLow[slot] =
                        MAPPED | Integer.toUnsignedLong(controls.get(NETWORK_INT, at + CMSG_DATA + HEADER_DESTINATION));
            } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
                localHigh[slot] = controls.get(NETWORK_LONG, at + CMSG_DATA);
                localLow[slot] = controls.get(NETWORK_LONG, at + CMSG_DATA + Long.BYTES);
            }
            at += Math.max(align(length), CMSG_DATA);
        }
    }

    private static long align(long length) {
        return (length + Long.BYTES - 1) & -Long.BYTES;
    }

    /** Octets in a slot. */
    int length(int slot) {
        return headers.get(JAVA_INT, header(slot) + LENGTH);
    }

    /** Length of each datagram but the last in a slot with several; 0: there is one. */
    int segmentSize(int slot) {
        return segmentSizes[slot];
    }

    /** How many datagrams are in a slot. */
    int datagrams(int slot) {
        int size = segmentSizes[slot];
        return size == 0 ? 1 : (length(slot) + size - 1) / size;
    }

    private boolean isFromIpv6(int slot) {
        return names.get(JAVA_SHORT, name(slot)) == AF_INET6;
    }

    /** The first half of the address of the peer that sent what is in a slot, an IPv4 one mapped into IPv6. */
    long peerHigh(int slot) {
        return isFromIpv6(slot) ? names.get(NETWORK_LONG, name(slot) + 8) : 0;
    }

    /** The second half. */
    long peerLow(int slot) {
        return isFromIpv6(slot)
                ? names.get(NETWORK_LONG, name(slot) + 16)
                : MAPPED | Integer.toUnsignedLong(names.get(NETWORK_INT, name(slot) + 4));
    }

    int peerPort(int slot) {
        return Short.toUnsignedInt(names.get(NETWORK_SHORT, name(slot) + 2));
    }

    /** The interface of a link-local address; 0 otherwise. */
    int peerScope(int slot) {
        return isFromIpv6(slot) ? names.get(JAVA_INT, name(slot) + 24) : 0;
    }

    /** The address of this node to which it was sent, if the socket tells; else both halves are 0. */
    long localHigh(int slot) {
        return localHigh[slot];
    }

    /** The second half. */
    long localLow(int slot) {
        return localLow[slot];
    }

    /** To whom what is in a slot goes next. */
    void address(int slot, UdpClient client) {
        long name = name(slot);
        if (client.isIpv6()) {
            names.set(JAVA_SHORT, name, (short) AF_INET6);
            names.set(NETWORK_LONG, name + 8, client.high());
            names.set(NETWORK_LONG, name + 16, client.low());
            names.set(JAVA_INT, name + 4, 0);
            names.set(JAVA_INT, name + 24, client.scope());
        } else {
            names.set(JAVA_SHORT, name, (short) AF_INET);
            names.set(NETWORK_INT, name + 4, (int) client.low());
            names.set(JAVA_LONG, name + 8, 0);
        }
        names.set(NETWORK_SHORT, name + 2, (short) client.port());
        headers.set(JAVA_LONG, header(slot) + NAME, names.address() + name);
        headers.set(JAVA_INT, header(slot) + NAME_LENGTH, client.isIpv6() ? SOCKADDR_IN6 : SOCKADDR_IN);
        setControl(slot, writeLocalAddress(control(slot), client));
    }

    /** What is in these slots goes to the peer with which its socket is connected. */
    void addressToPeer(int from, int to) {
        for (int slot = from; slot < to; slot++) {
            headers.set(JAVA_LONG, header(slot) + NAME, 0);
            headers.set(JAVA_INT, header(slot) + NAME_LENGTH, 0);
            setControl(slot, control(slot));
        }
    }

    private long writeLocalAddress(long at, UdpClient client) {
        if (client.localHigh() == 0 && client.localLow() == 0) {
            return at;
        }
        if (client.isIpv6()) {
            writeControlHeader(at, IPPROTO_IPV6, IPV6_PKTINFO, IN6_PKTINFO_LENGTH);
            controls.set(NETWORK_LONG_ANYWHERE, at + CMSG_DATA, client.localHigh());
            controls.set(NETWORK_LONG_ANYWHERE, at + CMSG_DATA + Long.BYTES, client.localLow());
            controls.set(JAVA_INT, at + CMSG_DATA + 2 * Long.BYTES, client.scope());
            return at + align(CMSG_DATA + IN6_PKTINFO_LENGTH);
        }
        writeControlHeader(at, IPPROTO_IP, IP_PKTINFO, IN_PKTINFO_LENGTH);
        controls.set(JAVA_INT, at + CMSG_DATA, 0);
        controls.set(NETWORK_INT_ANYWHERE, at + CMSG_DATA + SPECIFIC_DESTINATION, (int) client.localLow());
        controls.set(JAVA_INT, at + CMSG_DATA + HEADER_DESTINATION, 0);
        return at + align(CMSG_DATA + IN_PKTINFO_LENGTH);
    }

    private void writeControlHeader(long at, int level, int type, int dataLength) {
        controls.set(JAVA_LONG, at, CMSG_DATA + dataLength);
        controls.set(JAVA_INT, at + CMSG_LEVEL, level);
        controls.set(JAVA_INT, at + CMSG_TYPE, type);
    }

    private void writeSegmentSize(long at, int size) {
        writeControlHeader(at, SOL_UDP, UDP_SEGMENT, Short.BYTES);
        controls.set(JAVA_SHORT, at + CMSG_DATA, (short) size);
    }

    /** @param end where the control messages that are there end */
    private void setControl(int slot, long end) {
        if (segmentSizes[slot] > 0) {
            writeSegmentSize(end, segmentSizes[slot]);
            end += SEGMENT_CONTROL;
        }
        long length = end - control(slot);
        headers.set(JAVA_LONG, header(slot) + CONTROL, length == 0 ? 0 : controls.address() + control(slot));
        headers.set(JAVA_LONG, header(slot) + CONTROL_LENGTH, length);
    }

    /**
     * Sends slots that have been addressed, without waiting. What cannot be sent now is lost, as datagrams are.
     *
     * <p>Consecutive datagrams of one length to one peer go in one piece (UDP_SEGMENT): they take the way through the kernel
     * once, and are datagrams again where a device or the receiver needs them so.
     *
     * @return 0, or the errno of the last one that was lost
     */
    int send(UdpSocket socket, int from, int to) {
        int pieces = arrangePieces(from, to);
        int failure = 0;
        boolean triedAgain = false;
        int piece = 0;
        while (piece < pieces) {
            int result =
                    DatagramCalls.send(state, socket.intValue(), outgoing.address() + header(piece), pieces - piece);
            if (result > 0) {
                piece += result;
                continue;
            }
            int errno = -result;
            if (errno == ECONNREFUSED && !triedAgain) {
                // Told of an earlier datagram; this one was not tried.
                triedAgain = true;
                failure = errno;
                continue;
            }
            if (errno == EIO || errno == EINVAL || errno == EMSGSIZE) {
                errno = sendApart(socket, pieceStarts[piece], pieceStarts[piece + 1], errno);
            }
            failure = errno == 0 ? failure : errno;
            piece++;
        }
        return failure;
    }

    /** Puts the headers of the pieces in which these slots are to be sent one behind the other; how many there are. */
    private int arrangePieces(int from, int to) {
        int pieces = 0;
        int slot = from;
        while (slot < to) {
            int end = endOfPiece(slot, to);
            long header = header(pieces);
            MemorySegment.copy(headers, header(slot), outgoing, header, HEADER_LENGTH);
            if (end - slot > 1) {
                long length = headers.get(JAVA_LONG, header(slot) + CONTROL_LENGTH);
                writeSegmentSize(control(slot) + length, length(slot));
                // The vectors of consecutive slots stand one behind the other.
                outgoing.set(JAVA_LONG, header + VECTOR_LENGTH, end - slot);
                outgoing.set(JAVA_LONG, header + CONTROL, controls.address() + control(slot));
                outgoing.set(JAVA_LONG, header + CONTROL_LENGTH, length + SEGMENT_CONTROL);
            }
            pieceStarts[pieces] = slot;
            pieces++;
            slot = end;
        }
        pieceStarts[pieces] = to;
        return pieces;
    }

    /** The first slot behind those that can go in one piece with this one. All but the last must be of one length. */
    private int endOfPiece(int first, int to) {
        int size = length(first);
        if (segmentSizes[first] > 0 || size == 0 || size > LONGEST_SEGMENT) {
            return first + 1;
        }
        int most = Math.min(to, first + Math.min(MOST_SEGMENTS, LONGEST_PIECE / size));
        int slot = first + 1;
        while (slot < most && segmentSizes[slot] == 0 && length(slot) <= size && length(slot) > 0) {
            if (!goesTheSameWay(first, slot)) {
                break;
            }
            slot++;
            if (length(slot - 1) < size) {
                break;
            }
        }
        return slot;
    }

    /** Whether two slots have been addressed to the same peer, from the same address of this node. */
    private boolean goesTheSameWay(int one, int other) {
        int nameLength = headers.get(JAVA_INT, header(one) + NAME_LENGTH);
        long controlLength = headers.get(JAVA_LONG, header(one) + CONTROL_LENGTH);
        return nameLength == headers.get(JAVA_INT, header(other) + NAME_LENGTH)
                && controlLength == headers.get(JAVA_LONG, header(other) + CONTROL_LENGTH)
                && isSame(names, name(one), name(other), nameLength)
                && isSame(controls, control(one), control(other), controlLength);
    }

    private static boolean isSame(MemorySegment memory, long one, long other, long length) {
        for (long at = 0; at < length; at += Integer.BYTES) {
            if (memory.get(JAVA_INT, one + at) != memory.get(JAVA_INT, other + at)) {
                return false;
            }
        }
        return true;
    }

    /** Sends one by one what the kernel or the device cannot take in one piece; 0, or the errno of the last that was lost. */
    private int sendApart(UdpSocket socket, int from, int to, int refusal) {
        if (to - from == 1) {
            return segmentSizes[from] > 0 ? sendApart(socket, from) : refusal;
        }
        int failure = 0;
        for (int slot = from; slot < to; slot++) {
            int result = DatagramCalls.send(state, socket.intValue(), headers.address() + header(slot), 1);
            failure = result < 0 ? -result : failure;
        }
        return failure;
    }

    /** Sends the datagrams of a slot one by one, where the kernel or the device cannot take them in one piece. */
    private int sendApart(UdpSocket socket, int slot) {
        int size = segmentSizes[slot];
        int length = length(slot);
        int failure = 0;
        segmentSizes[slot] = 0;
        long others = headers.get(JAVA_LONG, header(slot) + CONTROL_LENGTH) - SEGMENT_CONTROL;
        headers.set(JAVA_LONG, header(slot) + CONTROL_LENGTH, others);
        headers.set(JAVA_LONG, header(slot) + CONTROL, others == 0 ? 0 : controls.address() + control(slot));
        for (int offset = 0; offset < length; offset += size) {
            setBuffer(slot, offset, Math.min(size, length - offset));
            int result = DatagramCalls.send(state, socket.intValue(), headers.address() + header(slot), 1);
            failure = result < 0 ? -result : failure;
        }
        return failure;
    }

    /** The octets of a slot, for tests and for a look inside. */
    MemorySegment octets(int slot) {
        return buffers.asSlice((long) slot * BUFFER_LENGTH, length(slot));
    }

    @Override
    public void close() {
        arena.close();
    }
}
