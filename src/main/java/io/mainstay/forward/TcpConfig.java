// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;

/**
 * What the kernel is told about the TCP connections of a service. Zero durations leave out what they stand for.
 *
 * @param backlog how many connections may wait in the kernel, for each listening socket, until they are taken
 * @param deferAccept how long a client may be silent after its connect before it is taken all the same; whole seconds
 * @param keepalive after how long a silence the kernel asks whether the peer is still there; whole seconds
 * @param userTimeout how long octets may go unacknowledged before the connection is given up (RFC 5482)
 * @param noDelay whether small segments are sent at once (no Nagle algorithm, RFC 896)
 * @param source whose address the backends see
 */
public record TcpConfig(
        int backlog,
        Duration deferAccept,
        Duration keepalive,
        Duration userTimeout,
        boolean noDelay,
        SourceAddress source) {

    /** What the kernel allows by default (net.core.somaxconn); it cuts larger wishes down by itself. */
    public static final int DEFAULT_BACKLOG = 4096;

    public static final TcpConfig DEFAULT =
            new TcpConfig(DEFAULT_BACKLOG, Duration.ZERO, Duration.ZERO, Duration.ZERO, true, SourceAddress.NODE);

    public TcpConfig {
        if (backlog < 1) {
            throw new IllegalArgumentException("backlog: " + backlog + " (expected: 1 or more)");
        }
    }

    public TcpConfig withSource(SourceAddress newSource) {
        return new TcpConfig(backlog, deferAccept, keepalive, userTimeout, noDelay, newSource);
    }
}
