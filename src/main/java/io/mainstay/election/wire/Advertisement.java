// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.List;

/**
 * What a VRRP advertisement says, of whichever version (RFC 9568 §5.2, RFC 3768 §5.3).
 *
 * @param version the protocol version it was or is to be written in
 * @param vrid the virtual router it speaks for
 * @param priority the sender's priority; 0 when it resigns
 * @param interval the sender's advertisement interval; whole centiseconds in version 3, whole seconds in version 2
 * @param addresses the virtual addresses, in the order of the message
 * @param authentication of version 2; in version 3 always {@link Authentication#NONE}
 */
public record Advertisement(
        VrrpVersion version,
        VirtualRouterId vrid,
        Priority priority,
        Duration interval,
        List<IpAddress> addresses,
        Authentication authentication) {

    public Advertisement {
        addresses = List.copyOf(addresses);
        if (version == VrrpVersion.V3 && !authentication.equals(Authentication.NONE)) {
            throw new IllegalArgumentException("authentication: " + authentication + " (expected: none in VRRPv3)");
        }
    }

    /** Without authentication. */
    public Advertisement(
            VrrpVersion version,
            VirtualRouterId vrid,
            Priority priority,
            Duration interval,
            List<IpAddress> addresses) {
        this(version, vrid, priority, interval, addresses, Authentication.NONE);
    }
}
