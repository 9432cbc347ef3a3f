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
 */
public record Advertisement(
        VrrpVersion version, VirtualRouterId vrid, Priority priority, Duration interval, List<IpAddress> addresses) {

    public Advertisement {
        addresses = List.copyOf(addresses);
    }
}
