// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A UDP socket. Datagrams go through {@link DatagramBatch}. */
final class UdpSocket extends InetSocket {

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SOL_UDP = 17;
    private static final int UDP_GRO = 104;
    private static final int IPPROTO_IP = 0;
    private static final int IP_PKTINFO = 8;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_RECVPKTINFO = 49;

    /** What arrives between two turns of the loop of a busy worker. */
    private static final int BUFFER_BYTES = 4 * 1024 * 1024;

    private UdpSocket(int descriptor) {
        super(descriptor);
    }

    /** A new socket that does not block and is not inherited by child processes. */
    static UdpSocket open(boolean ipv6) throws IOException {
        try {
            return new UdpSocket(newSocketDgram0(ipv6));
        } catch (io.netty.channel.ChannelException e) {
            throw shortage(e);
        }
    }

    /** Asks for buffers beyond the limit for ordinary programs; who may not have them gets the limit. */
    void enlargeBuffers() throws IOException {
        try {
            setIntOpt(SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES);
            setIntOpt(SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES);
        } catch (IOException notPermitted) {
            setReceiveBufferSize(BUFFER_BYTES);
            setSendBufferSize(BUFFER_BYTES);
        }
    }

    /** Lets the kernel hand over several datagrams of one sender in one piece (since Linux 5.0). */
    void mergeReceived() {
        try {
            setIntOpt(SOL_UDP, UDP_GRO, 1);
        } catch (IOException olderKernel) {
            // Then they come one by one.
        }
    }

    /**
     * Speaks from the address and port of a client, which other sockets may do at the same time if they are connected to somebody
     * else: the kernel gives what arrives to the one whose peer has sent it.
     *
     * @return whether it does: not if another kind of socket has the port, or this program may not have it
     * @throws IOException for want of rights (CAP_NET_ADMIN)
     */
    boolean trySpeakFor(InetSocketAddress client) throws IOException {
        allowForeignAddress();
        setReuseAddress(true);
        try {
            bind(client);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    /**
     * Speaks from the address of a client, and from a port that nobody else has there.
     *
     * @throws IOException if the kernel does not let it: there is no such port, or for want of rights (CAP_NET_ADMIN)
     */
    void speakFor(InetAddress client) throws IOException {
        allowForeignAddress();
        setReuseAddress(false);
        bind(new InetSocketAddress(client, 0));
    }

    /** Lets each datagram tell which address of this node it was sent to. */
    void tellLocalAddress() throws IOException {
        if (isIpv6()) {
            setIntOpt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        } else {
            setIntOpt(IPPROTO_IP, IP_PKTINFO, 1);
        }
    }
}
