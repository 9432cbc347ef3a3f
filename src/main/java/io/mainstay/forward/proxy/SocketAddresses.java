// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Endpoints as the socket calls want them, and back. Never resolves a name. */
final class SocketAddresses {

    private SocketAddresses() {}

    static InetSocketAddress of(Endpoint endpoint) {
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(endpoint.address().octets()), endpoint.port());
        } catch (UnknownHostException e) {
            throw new AssertionError("an address has 4 or 16 octets", e);
        }
    }

    static Endpoint endpoint(InetSocketAddress address) {
        return new Endpoint(IpAddress.ofOctets(address.getAddress().getAddress()), address.getPort());
    }
}
