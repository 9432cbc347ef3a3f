// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.net.InterfaceName;

/**
 * The advertisement that a firewall is asked about: protocol 112, to 224.0.0.18, new to the connection tracking.
 *
 * @param incoming whether it comes in on the interface, or goes out there
 */
record FirewallPacket(InterfaceName interfaceName, boolean incoming) {

    static final int PROTOCOL = 112;
    static final String DESTINATION = "224.0.0.18";
}
