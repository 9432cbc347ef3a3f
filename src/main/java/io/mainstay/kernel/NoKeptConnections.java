// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.List;

/** A host whose connections end with their address. */
public final class NoKeptConnections implements KeptConnections {

    @Override
    public void keep(InterfaceName arrivesOn, IpAddress address) throws KernelException {
        throw new KernelException("keep connections to " + address, Errno.EAFNOSUPPORT.number());
    }

    @Override
    public void letGo(InterfaceName arrivesOn, IpAddress address) {}

    @Override
    public List<IpAddress> removeLeftovers() {
        return List.of();
    }
}
