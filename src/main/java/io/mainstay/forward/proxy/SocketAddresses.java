// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
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

    /**
     * The peer of an accepted connection, as Netty's accept notes it: the length of the rest, 4 octets of an IPv4 address or
     * 16 of an IPv6 address and 4 of its scope, and 4 of the port.
     */
    static Endpoint ofAccepted(byte[] noted) {
        int length = noted[0];
        int port = (noted[length - 1] & 0xFF) << 8 | (noted[length] & 0xFF);
        return new Endpoint(length == 8 ? Ipv4Address.ofOctets(noted, 1) : Ipv6Address.ofOctets(noted, 1), port);
    }

    static Endpoint endpoint(InetSocketAddress address) {
        return new Endpoint(IpAddress.ofOctets(address.getAddress().getAddress()), address.getPort());
    }
}
