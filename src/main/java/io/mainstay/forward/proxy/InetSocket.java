// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.netty.channel.unix.Socket;
import java.io.IOException;

/**
 * A TCP or UDP socket below Netty's channels: descriptor and system calls of Netty's epoll transport, without a pipeline.
 */
abstract sealed class InetSocket extends Socket permits TcpSocket, UdpSocket {

    private static final int IPPROTO_IP = 0;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IP_FREEBIND = 15;
    private static final int IP_TRANSPARENT = 19;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_TRANSPARENT = 75;
    private static final int IPV6_FREEBIND = 78;

    InetSocket(int descriptor) {
        super(descriptor);
    }

    /** What Netty throws when the kernel refuses a new socket. */
    static IOException shortage(io.netty.channel.ChannelException thrown) {
        return thrown.getCause() instanceof IOException cause ? cause : new IOException(thrown);
    }

    /** Lets the socket be bound to an address that is not on an interface yet, and keeps IPv6 apart from IPv4. */
    void prepareToBindAnywhere() throws IOException {
        if (ipv6) {
            setIntOpt(IPPROTO_IPV6, IPV6_V6ONLY, 1);
            setIntOpt(IPPROTO_IPV6, IPV6_FREEBIND, 1);
        } else {
            setIntOpt(IPPROTO_IP, IP_FREEBIND, 1);
        }
    }

    /**
     * Lets the socket, and those that it accepts, speak from an address that is on no interface (IP_TRANSPARENT, ip(7)).
     *
     * @throws IOException if the program lacks the right to (CAP_NET_ADMIN)
     */
    void allowForeignAddress() throws IOException {
        if (isIpv6()) {
            setIntOpt(IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
        } else {
            setIntOpt(IPPROTO_IP, IP_TRANSPARENT, 1);
        }
    }

    boolean isIpv6() {
        return ipv6;
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
