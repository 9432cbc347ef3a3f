// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualRouterId;

/**
 * The interface that bears the MAC address of a virtual router, one for each of its families (RFC 9568 §7.3).
 *
 * @param name how it is called
 * @param parent the interface on whose segment it is
 * @param family whose addresses it holds
 * @param vrid the number of the virtual router
 */
public record VirtualInterface(InterfaceName name, InterfaceName parent, IpFamily family, VirtualRouterId vrid) {

    /** Its MAC address. */
    public MacAddress mac() {
        return MacAddress.ofVirtualRouter(family, vrid);
    }
}
