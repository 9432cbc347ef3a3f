// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import java.util.List;

/**
 * Which protocol a virtual router speaks, and with whom. It has to be the same on all of its nodes, each of which names the
 * others as unicast peers.
 *
 * @param version of VRRP; 2 knows neither IPv6 nor intervals below a second
 * @param checksum which IPv4 checksum form of version 3 to send
 * @param authentication of version 2; in version 3 always {@link Authentication#NONE}
 * @param unicastPeers the other nodes, to which and from which alone advertisements go; empty: the multicast group
 * @param leastUnicastTtl the least TTL or hop limit with which a unicast peer's advertisement may arrive, 1 to 255; less than
 *     255 if routers stand between
 */
public record ProtocolConfig(
        VrrpVersion version,
        ChecksumPreference checksum,
        Authentication authentication,
        List<IpAddress> unicastPeers,
        int leastUnicastTtl) {

    /** VRRPv3 by multicast, in the checksum form of the peer. */
    public static final ProtocolConfig DEFAULT =
            new ProtocolConfig(VrrpVersion.V3, ChecksumPreference.AUTO, Authentication.NONE);

    public ProtocolConfig {
        if (version == VrrpVersion.V3 && !authentication.equals(Authentication.NONE)) {
            throw new IllegalArgumentException("authentication: " + authentication + " (expected: none in VRRPv3)");
        }
        if (leastUnicastTtl < 1 || leastUnicastTtl > 255) {
            throw new IllegalArgumentException("unicast TTL: " + leastUnicastTtl + " (expected: 1..255)");
        }
        unicastPeers = List.copyOf(unicastPeers);
    }

    /** By multicast. */
    public ProtocolConfig(VrrpVersion version, ChecksumPreference checksum, Authentication authentication) {
        this(version, checksum, authentication, List.of(), 255);
    }

    /** The unicast peers of one family; empty: the multicast group. */
    public List<IpAddress> unicastPeers(IpFamily family) {
        return unicastPeers.stream().filter(peer -> peer.family() == family).toList();
    }

    /** Whether IPv6 advertisements come from a link-local address (RFC 9568 §5.1.2.1), rather than go beyond the link. */
    public boolean staysOnLink() {
        return unicastPeers(IpFamily.IPV6).stream().allMatch(peer -> ((Ipv6Address) peer).isLinkLocal());
    }
}
