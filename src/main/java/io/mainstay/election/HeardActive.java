// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The router heard last as Active. One that serves addresses of both families advertises over each, from an address of each:
 * what is heard over one family is the same router until it comes from another address of that family.
 *
 * @param ipv4 as heard over IPv4
 * @param ipv6 as heard over IPv6
 */
public record HeardActive(Optional<PeerRouter> ipv4, Optional<PeerRouter> ipv6) {

    /** None yet. */
    public static final HeardActive NONE = new HeardActive(Optional.empty(), Optional.empty());

    private Optional<PeerRouter> over(IpFamily family) {
        return family == IpFamily.IPV4 ? ipv4 : ipv6;
    }

    /** The router by the address that people know it by: that of IPv4 if it has one. */
    public Optional<PeerRouter> router() {
        return ipv4.or(() -> ipv6);
    }

    /** Its addresses, of each family over which it was heard. */
    public Map<IpFamily, IpAddress> addresses() {
        Map<IpFamily, IpAddress> addresses = new EnumMap<>(IpFamily.class);
        ipv4.ifPresent(peer -> addresses.put(IpFamily.IPV4, peer.address()));
        ipv6.ifPresent(peer -> addresses.put(IpFamily.IPV6, peer.address()));
        return addresses;
    }

    /** Whether it was heard from this very address. */
    boolean isFrom(PeerRouter sender) {
        return over(sender.address().family())
                .filter(known -> known.address().equals(sender.address()))
                .isPresent();
    }

    /** After another advertisement of an Active. */
    HeardActive heard(PeerRouter sender) {
        IpFamily family = sender.address().family();
        boolean another = over(family).isPresent() && !isFrom(sender);
        HeardActive same = another ? NONE : this;
        return family == IpFamily.IPV4
                ? new HeardActive(Optional.of(sender), same.ipv6)
                : new HeardActive(same.ipv4, Optional.of(sender));
    }
}
