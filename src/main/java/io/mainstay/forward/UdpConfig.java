// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;

/**
 * How long the datagrams of a client belong together.
 *
 * @param sessionTimeout how long a session may be silent in both directions
 * @param responses datagrams of the backend to each of the client, after which a session is over, as one answer ends a DNS
 *     query; 0: any number
 * @param onePacket whether a backend is chosen anew for every datagram of a client
 * @param source whose address the backends see
 */
public record UdpConfig(Duration sessionTimeout, int responses, boolean onePacket, SourceAddress source) {

    public static final UdpConfig DEFAULT = new UdpConfig(Duration.ofMinutes(1), 0, false);

    /** With the address of this node. */
    public UdpConfig(Duration sessionTimeout, int responses, boolean onePacket) {
        this(sessionTimeout, responses, onePacket, SourceAddress.NODE);
    }

    public UdpConfig {
        if (responses < 0) {
            throw new IllegalArgumentException("responses: " + responses + " (expected: 0 or more)");
        }
    }

    public UdpConfig withSource(SourceAddress newSource) {
        return new UdpConfig(sessionTimeout, responses, onePacket, newSource);
    }
}
