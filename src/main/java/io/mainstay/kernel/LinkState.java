// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import java.util.Optional;

/**
 * An interface as it is now.
 *
 * @param index the kernel's number of the interface
 * @param mac its hardware address
 * @param mtuOctets its MTU
 * @param up administratively up
 * @param carrier whether its lower layer is up (IFF_LOWER_UP)
 * @param primaryIpv4 its first non-secondary IPv4 address of global scope, the source of advertisements; empty if none
 */
public record LinkState(
        int index, MacAddress mac, int mtuOctets, boolean up, boolean carrier, Optional<IpAddress> primaryIpv4) {

    /** Whether packets can leave and arrive. */
    public boolean isUsable() {
        return up && carrier;
    }
}
