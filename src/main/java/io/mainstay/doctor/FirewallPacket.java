// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Prefix;
import java.util.Optional;

/**
 * The advertisement that a firewall is asked about: protocol 112, new to the connection tracking.
 *
 * @param interfaceName the interface on which it comes in, or goes out
 * @param source where it comes from; empty: that cannot be told
 * @param destination the group, or the node itself or the peer if it is unicast
 */
record FirewallPacket(
        InterfaceName interfaceName, boolean incoming, Optional<IpAddress> source, IpAddress destination) {

    static final int PROTOCOL = 112;

    IpFamily family() {
        return destination.family();
    }

    /** Whether an address or network, as a rule names it, is that of the source. */
    Truth comesFrom(String network) {
        return source.map(address -> isIn(network, address)).orElse(Truth.MAYBE);
    }

    Truth goesTo(String network) {
        return isIn(network, destination);
    }

    private static Truth isIn(String network, IpAddress address) {
        try {
            return Truth.of(Prefix.parse(network).contains(address));
        } catch (IllegalArgumentException e) {
            // A name, a range, or an address of this host within its network.
            return Truth.MAYBE;
        }
    }

    /** For people, such as {@code advertisements coming in}. */
    String what() {
        String which = family() == IpFamily.IPV6 ? "IPv6 advertisements" : "advertisements";
        String other = destination.isMulticast()
                ? ""
                : incoming ? source.map(peer -> " from " + peer).orElse("") : " to " + destination;
        return which + (incoming ? " coming in" : " going out") + other;
    }
}
