// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualRouterId;

/**
 * That a virtual router has a MAC address of its own (RFC 9568 §7.3).
 *
 * @param prefix what the names of the interfaces begin with that bear it, 1 to {@link #LONGEST_PREFIX} characters
 */
public record VirtualMacConfig(String prefix) {

    public static final String DEFAULT_PREFIX = "vrrp";

    /** With {@code 4-255} behind it, it is as long as the name of an interface may be. */
    public static final int LONGEST_PREFIX = 10;

    public VirtualMacConfig {
        if (prefix.length() > LONGEST_PREFIX || !InterfaceName.isLegal(prefix)) {
            throw new IllegalArgumentException("prefix of interfaces: " + prefix + " (expected: 1.." + LONGEST_PREFIX
                    + " characters that the name of an interface may have)");
        }
    }

    /** The interface for a family, such as {@code vrrp4-51}. */
    public InterfaceName interfaceName(IpFamily family, VirtualRouterId vrid) {
        return new InterfaceName(prefix + (family == IpFamily.IPV4 ? 4 : 6) + "-" + vrid);
    }
}
