// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import java.util.List;

/**
 * An interface as it is now.
 *
 * @param index the kernel's number of the interface
 * @param mac its hardware address
 * @param mtuOctets its MTU
 * @param up administratively up
 * @param carrier whether its lower layer is up (IFF_LOWER_UP)
 * @param sources the addresses from which advertisements may come, in the kernel's order: IPv4 of global scope that are
 *     not secondary, IPv6 of link and of global scope that are usable
 */
public record LinkState(
        int index, MacAddress mac, int mtuOctets, boolean up, boolean carrier, List<IpAddress> sources) {

    public LinkState {
        sources = List.copyOf(sources);
    }

    /** Whether packets can leave and arrive. */
    public boolean isUsable() {
        return up && carrier;
    }
}
