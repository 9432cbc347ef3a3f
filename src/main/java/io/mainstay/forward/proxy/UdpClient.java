// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;

/**
 * Who sends datagrams, and to which address of this node. An IPv4 address stands here mapped into IPv6.
 *
 * @param high the first half of the client's address
 * @param low the second half
 * @param scope the interface of a link-local address; else 0
 * @param localHigh the first half of the address that it sends to; 0 with {@code localLow} where only one is possible
 * @param localLow the second half
 */
record UdpClient(long high, long low, int port, int scope, long localHigh, long localLow) {

    private static final long MAPPED_PREFIX = 0xFFFFL;

    /** Who sent what is in a slot. */
    static UdpClient of(DatagramBatch batch, int slot) {
        return new UdpClient(
                batch.peerHigh(slot),
                batch.peerLow(slot),
                batch.peerPort(slot),
                batch.peerScope(slot),
                batch.localHigh(slot),
                batch.localLow(slot));
    }

    /** Whether what is in a slot is of this client. */
    boolean sent(DatagramBatch batch, int slot) {
        return low == batch.peerLow(slot)
                && port == batch.peerPort(slot)
                && high == batch.peerHigh(slot)
                && scope == batch.peerScope(slot)
                && localLow == batch.localLow(slot)
                && localHigh == batch.localHigh(slot);
    }

    boolean isIpv6() {
        return high != 0 || (low >>> 32) != MAPPED_PREFIX;
    }

    /** The client's address and port. */
    Endpoint endpoint() {
        IpAddress address = isIpv6() ? new Ipv6Address(high, low) : new Ipv4Address((int) low);
        // A source port of 0 is not against the rules (RFC 768), but nobody can answer it.
        return new Endpoint(address, Math.max(port, 1));
    }
}
