// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.IpAddress;

/**
 * Sends and, through {@link KernelEvents}, receives VRRP messages (IP protocol 112) on one interface. Used by the election
 * thread alone.
 */
public interface AdvertisementSocket extends AutoCloseable {

    /**
     * Sends one message with TTL 255 out of this socket's interface.
     *
     * @param source a local address, the sender's primary address (RFC 9568 §5.1.1.1)
     * @param destination the VRRP group or a unicast peer
     * @param message the VRRP message, checksum included
     */
    void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException;

    @Override
    void close();
}
