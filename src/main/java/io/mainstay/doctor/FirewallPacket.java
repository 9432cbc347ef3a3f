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

    /** Whether where it goes is an address of that type, as in {@code fib daddr type} of nft and {@code addrtype} of iptables. */
    Truth goesToType(String type) {
        String own = destination.isMulticast() ? "multicast" : incoming ? "local" : "unicast";
        return Truth.of(type.equalsIgnoreCase(own));
    }

    /** The same of where it comes from. */
    Truth comesFromType(String type) {
        return Truth.of(type.equalsIgnoreCase(incoming ? "unicast" : "local"));
    }

    /** Whether it came to its interface as a multicast, or to this host alone; empty for one that goes out. */
    Optional<String> arrivedAs() {
        return incoming ? Optional.of(destination.isMulticast() ? "multicast" : "unicast") : Optional.empty();
    }

    /**
     * Whether the way back to its source leads through another interface than that on which it came. From a link-local source, which
     * those of IPv6 have that go to the group (RFC 9568 section 5.1.2.1), it never does.
     */
    Truth hasNoWayBack() {
        return family() == IpFamily.IPV6 && destination.isMulticast() ? Truth.NO : Truth.MAYBE;
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
