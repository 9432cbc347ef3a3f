// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;

/**
 * A socket that never blocks and is not handed on to other programs, with memory of its own for one message each way. Used
 * by one thread.
 */
final class KernelSocket implements AutoCloseable {

    /** A flood that refills the queue while it is emptied must not hold the thread. */
    private static final int MOST_MESSAGES_DISCARDED = 100_000;

    /** {@code struct sockaddr_in6}. */
    private static final int LONGEST_ADDRESS = 28;

    private final String name;
    private final int descriptor;
    private final NativeBuffer outgoing;
    private final NativeBuffer incoming;
    private final NativeBuffer destination = new NativeBuffer(LONGEST_ADDRESS);
    private final ReceiveHeader header;
    private boolean closed;

    private KernelSocket(String name, int descriptor, int longestMessage) {
        this.name = name;
        this.descriptor = descriptor;
        this.outgoing = new NativeBuffer(longestMessage);
        this.incoming = new NativeBuffer(longestMessage);
        this.header = new ReceiveHeader(incoming);
    }

    /**
     * @param name what the socket is for, with the capability that it needs, for messages
     * @param longestMessage of what is sent and received, in octets
     */
    static KernelSocket open(String name, int family, int type, int protocol, int longestMessage)
            throws KernelException {
        int flags = SocketConstants.SOCK_NONBLOCK | SocketConstants.SOCK_CLOEXEC;
        int descriptor = LinuxCalls.check(LinuxCalls.socket(family, type | flags, protocol), "open " + name);
        return new KernelSocket(name, descriptor, longestMessage);
    }

    int descriptor() {
        return descriptor;
    }

    boolean isClosed() {
        return closed;
    }

    /** @param option its name in the headers */
    void setOption(String option, int level, int number, int value) throws KernelException {
        NativeBuffer octets = new NativeBuffer(Integer.BYTES);
        octets.putInt(0, value);
        setOption(option, level, number, octets);
    }

    /** @param option its name in the headers */
    void setOption(String option, int level, int number, NativeBuffer value) throws KernelException {
        LinuxCalls.check(LinuxCalls.setOption(descriptor, level, number, value), "set " + option + " of " + name);
    }

    /**
     * Makes the receive buffer as large as wished, or, without CAP_NET_ADMIN, as large as net.core.rmem_max allows.
     *
     * @param octets of packets together with the kernel's own bookkeeping, several hundred octets each
     */
    void setReceiveBuffer(int octets) throws KernelException {
        NativeBuffer value = new NativeBuffer(Integer.BYTES);
        value.putInt(0, octets);
        int result =
                LinuxCalls.setOption(descriptor, SocketConstants.SOL_SOCKET, SocketConstants.SO_RCVBUFFORCE, value);
        if (LinuxCalls.failedWith(result, Errno.EPERM)) {
            setOption("SO_RCVBUF", SocketConstants.SOL_SOCKET, SocketConstants.SO_RCVBUF, value);
        } else {
            LinuxCalls.check(result, "set SO_RCVBUFFORCE of " + name);
        }
    }

    void bind(byte[] address) throws KernelException {
        LinuxCalls.check(LinuxCalls.bind(descriptor, NativeBuffer.of(address)), "bind " + name);
    }

    /**
     * Sends one message whole or not at all.
     *
     * @param to socket address of the destination
     * @return not negative, or the negated errno; {@code EAGAIN} if the kernel would have to wait for memory
     */
    int send(byte[] message, byte[] to) {
        outgoing.put(message);
        destination.put(to);
        return LinuxCalls.send(descriptor, outgoing, message.length, destination, to.length);
    }

    /**
     * Takes one message from the queue; {@link #received} gives its octets.
     *
     * @return its length, which may be more than there was room for, or the negated errno; {@code EAGAIN} if the queue is
     *     empty
     */
    int receive() {
        return LinuxCalls.receive(descriptor, incoming);
    }

    /** As {@link #receive}; {@link #header} then tells the sender and what the kernel knows of the message. */
    int receiveWithHeader() {
        return header.receive(descriptor);
    }

    /** What is known of the message just received by {@link #receiveWithHeader}. */
    ReceiveHeader header() {
        return header;
    }

    /** Throws away what stands in the receive queue. */
    void discardQueue() {
        int length = 0;
        for (int taken = 0; taken < MOST_MESSAGES_DISCARDED && !LinuxCalls.failedWith(length, Errno.EAGAIN); taken++) {
            length = receive();
        }
    }

    /** The octets of the message just received, cut if it was longer than there was room for. */
    byte[] received(int length) {
        return incoming.get(Math.min(length, incoming.capacity()));
    }

    int longestMessage() {
        return incoming.capacity();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            LinuxCalls.close(descriptor);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
