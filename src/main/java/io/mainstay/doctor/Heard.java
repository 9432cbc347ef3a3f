// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.MacAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What went over one interface while it was listened to.
 *
 * @param listened for how long
 * @param delivered advertisements that a socket like the daemon's was given
 * @param seen those that crossed the interface in either direction, whatever a firewall makes of them
 * @param claims who said by ARP that an address is his
 */
public record Heard(
        Duration listened, List<IpDatagram> delivered, List<IpDatagram> seen, Map<IpAddress, MacAddress> claims) {

    public Heard {
        delivered = List.copyOf(delivered);
        seen = List.copyOf(seen);
        claims = Map.copyOf(claims);
    }
}
