// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A TCP socket below Netty's channels: descriptor and system calls of Netty's epoll transport, without a pipeline.
 *
 * <p>The relay works on these instead of channels because a channel pair costs a pipeline, a write queue entry and a promise
 * for every block, and hides when which system call happens.
 */
final class TcpSocket extends Socket {

    private static final int IPPROTO_IP = 0;
    private static final int IPPROTO_TCP = 6;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IP_FREEBIND = 15;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_FREEBIND = 78;
    private static final int TCP_INFO = 11;

    /** Offsets into {@code struct tcp_info} of linux/tcp.h. */
    private static final int TCPI_UNACKED = 24;

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
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
        }
    }

    /** Lets the socket be bound to an address that is not on an interface yet, and keeps IPv6 apart from IPv4. */
    void prepareToBindAnywhere() throws IOException {
        setReuseAddress(true);
        if (ipv6) {
            setIntOpt(IPPROTO_IPV6, IPV6_V6ONLY, 1);
            setIntOpt(IPPROTO_IPV6, IPV6_FREEBIND, 1);
        } else {
            setIntOpt(IPPROTO_IP, IP_FREEBIND, 1);
        }
    }

    /** Whether all that was written has been sent and acknowledged; so too when the connection is gone. */
    boolean isAllDelivered() {
        ByteBuffer info = ByteBuffer.allocate(TCP_INFO_LENGTH).order(ByteOrder.nativeOrder());
        try {
            getRawOpt(IPPROTO_TCP, TCP_INFO, info);
        } catch (IOException gone) {
            return true;
        }
        return info.getInt(TCPI_UNACKED) == 0 && info.getInt(TCPI_NOTSENT_BYTES) == 0;
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

    /** Closes; the descriptor is free afterwards, whatever the kernel says (close(2)). */
    void closeQuietly() {
        try {
            close();
        } catch (IOException alreadyBroken) {
            // The state of the peer was seen by reads and writes.
        }
    }
}
