// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.VrrpVersion;

/**
 * Which protocol a virtual router speaks with its peers. It has to be the same on all of them.
 *
 * @param version of VRRP; 2 knows neither IPv6 nor intervals below a second
 * @param checksum which IPv4 checksum form of version 3 to send
 * @param authentication of version 2; in version 3 always {@link Authentication#NONE}
 */
public record ProtocolConfig(VrrpVersion version, ChecksumPreference checksum, Authentication authentication) {

    /** VRRPv3 by multicast, in the checksum form of the peer. */
    public static final ProtocolConfig DEFAULT =
            new ProtocolConfig(VrrpVersion.V3, ChecksumPreference.AUTO, Authentication.NONE);

    public ProtocolConfig {
        if (version == VrrpVersion.V3 && !authentication.equals(Authentication.NONE)) {
            throw new IllegalArgumentException("authentication: " + authentication + " (expected: none in VRRPv3)");
        }
    }
}
