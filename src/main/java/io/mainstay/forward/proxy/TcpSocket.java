// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A TCP socket.
 *
 * <p>The relay works on these instead of channels because a channel pair costs a pipeline, a write queue entry and a promise
 * for every block, and hides when which system call happens.
 */
final class TcpSocket extends InetSocket {

    private static final int IPPROTO_IP = 0;
    private static final int IP_BIND_ADDRESS_NO_PORT = 24;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_CORK = 3;
    private static final int TCP_INFO = 11;
    private static final int TCP_QUICKACK = 12;

    /** The state of a connection that is over, from linux/tcp_states.h. */
    private static final int TCP_CLOSE = 7;

    /** Offsets into {@code struct tcp_info} of linux/tcp.h. */
    private static final int TCPI_STATE = 0;

    private static final int TCPI_UNACKED = 24;

    private static final int TCPI_BYTES_ACKED = 120;
    private static final int TCPI_NOTSENT_BYTES = 144;
    private static final int TCP_INFO_LENGTH = 148;

    TcpSocket(int descriptor) {
        super(descriptor);
    }

    /** A new socket that does not block and is not inherited by child processes. */
    static TcpSocket open(boolean ipv6) throws IOException {
        try {
            return new TcpSocket(newSocketStream0(ipv6));
        } catch (io.netty.channel.ChannelException e) {
            throw shortage(e);
        }
    }

    @Override
    void prepareToBindAnywhere() throws IOException {
        // For UDP it would mean something else: that two programs may share the port.
        setReuseAddress(true);
        super.prepareToBindAnywhere();
    }

    /**
     * Connects from an address that is not of this node, as its backend is to see it.
     *
     * @throws ClientAddressException if the kernel does not let it, be it for want of rights (CAP_NET_ADMIN)
     */
    void speakFor(InetAddress client) throws ClientAddressException {
        try {
            allowForeignAddress();
            // The port is chosen when the connection is made, so that one client may have as many as there are ports
            // towards each backend.
            setIntOpt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
            bind(new InetSocketAddress(client, 0));
        } catch (IOException refused) {
            throw new ClientAddressException(refused);
        }
    }

    /** Fails if no socket of this program may speak from a foreign address, for want of rights. */
    static void requireRightToSpeakFor() throws IOException {
        TcpSocket probe = open(false);
        try {
            probe.allowForeignAddress();
        } finally {
            probe.closeQuietly();
        }
    }

    /** Whether all that was written has been sent and acknowledged; so too when the connection is gone. */
    boolean isAllDelivered() {
        try {
            ByteBuffer info = info();
            // After a reset the kernel goes on telling of octets that it never sent.
            return info.get(TCPI_STATE) == TCP_CLOSE
                    || (info.getInt(TCPI_UNACKED) == 0 && info.getInt(TCPI_NOTSENT_BYTES) == 0);
        } catch (IOException gone) {
            return true;
        }
    }

    /** How many octets the peer has acknowledged; 0 when the connection is gone. */
    long acknowledged() {
        try {
            return info().getLong(TCPI_BYTES_ACKED);
        } catch (IOException gone) {
            return 0;
        }
    }

    private ByteBuffer info() throws IOException {
        ByteBuffer info = ByteBuffer.allocate(TCP_INFO_LENGTH).order(ByteOrder.nativeOrder());
        getRawOpt(IPPROTO_TCP, TCP_INFO, info);
        return info;
    }

    /**
     * For a socket that is about to connect: the last packet of the handshake waits for the first octets, a fifth of a second
     * at most (tcp(7), TCP_QUICKACK).
     */
    void confirmWithFirstOctets() throws IOException {
        setIntOpt(IPPROTO_TCP, TCP_QUICKACK, 0);
    }

    /**
     * Ends what {@link #confirmWithFirstOctets} began. Left as it is, the socket would wait with its first acknowledgements
     * too, and a server that answers in two small pieces (RFC 896) would wait with the second for 40 ms.
     */
    void acknowledgePromptly() {
        trySetting(TCP_QUICKACK);
    }

    /** Sends nothing but full packets until the end of the output is told, a fifth of a second at most. */
    void holdPartialPackets() {
        trySetting(TCP_CORK);
    }

    private void trySetting(int option) {
        try {
            setIntOpt(IPPROTO_TCP, option, 1);
        } catch (IOException gone) {
            // The next read or write says so.
        }
    }

    /** Closes with a RST instead of a FIN. */
    void reset() {
        try {
            setSoLinger(0);
        } catch (IOException gone) {
            // Nobody is left who could be told.
        }
        closeQuietly();
    }
}
