// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.List;

/**
 * Lets packets reach the TCP sockets of this host that are bound to an address which is not on any interface any more. The host
 * does not answer for the address. Used by one thread.
 */
public interface KeptConnections {

    /** Lets what arrives on the interface for the address reach them; no failure if it does already. */
    void keep(InterfaceName arrivesOn, IpAddress address) throws KernelException;

    /** Lets it no more; no failure if it does not. */
    void letGo(InterfaceName arrivesOn, IpAddress address) throws KernelException;

    /**
     * Takes back what an earlier process has left.
     *
     * @return the addresses
     */
    List<IpAddress> removeLeftovers() throws KernelException;
}
