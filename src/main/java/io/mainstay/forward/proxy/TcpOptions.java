// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import io.mainstay.net.Endpoint;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;

/** A {@link TcpConfig} in the units of setsockopt, see tcp(7). Immutable; any thread. */
final class TcpOptions {

    private static final int IPPROTO_TCP = 6;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_KEEPCNT = 6;
    private static final int TCP_DEFER_ACCEPT = 9;
    private static final int TCP_USER_TIMEOUT = 18;

    private static final int KEEPALIVE_PROBES = 4;

    /** What the kernel does when nobody says anything (net.ipv4.tcp_keepalive_time). */
    private static final int KEEPALIVE_OFF_SECONDS = 7200;

    private final TcpConfig config;

    TcpOptions(TcpConfig config) {
        this.config = config;
    }

    TcpConfig config() {
        return config;
    }

    /** Sets up a socket that listens or is about to; connections that are accepted from then on inherit all of it. */
    void applyToListening(TcpSocket socket) throws IOException {
        socket.setTcpNoDelay(config.noDelay());
        socket.setIntOpt(IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds(config.deferAccept()));
        // Set even if they are not wanted: the socket may have had them.
        applyTimes(socket);
    }

    /**
     * Sets up a socket that is about to connect to a backend for a client.
     *
     * @throws ClientAddressException if it cannot speak from the client's address, as it is to
     */
    void applyToConnecting(TcpSocket socket, Endpoint client) throws IOException {
        if (config.noDelay()) {
            socket.setTcpNoDelay(true);
        }
        if (!config.keepalive().isZero() || !config.userTimeout().isZero()) {
            applyTimes(socket);
        }
        if (config.source() == SourceAddress.CLIENT) {
            InetSocketAddress address = SocketAddresses.of(client);
            if (socket.isIpv6() == (address.getAddress() instanceof Inet6Address)) {
                socket.speakFor(address.getAddress());
            }
        }
    }

    private void applyTimes(TcpSocket socket) throws IOException {
        boolean keepAlive = !config.keepalive().isZero();
        int idleSeconds = keepAlive ? seconds(config.keepalive()) : KEEPALIVE_OFF_SECONDS;
        socket.setKeepAlive(keepAlive);
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPIDLE, idleSeconds);
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPINTVL, Math.max(1, idleSeconds / KEEPALIVE_PROBES));
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
        socket.setIntOpt(
                IPPROTO_TCP, TCP_USER_TIMEOUT, (int) config.userTimeout().toMillis());
    }

    private static int seconds(Duration duration) {
        return duration.isZero() ? 0 : Math.max(1, (int) duration.toSeconds());
    }
}
