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
 */
public record UdpConfig(Duration sessionTimeout, int responses, boolean onePacket) {

    public static final UdpConfig DEFAULT = new UdpConfig(Duration.ofMinutes(1), 0, false);

    public UdpConfig {
        if (responses < 0) {
            throw new IllegalArgumentException("responses: " + responses + " (expected: 0 or more)");
        }
    }
}
