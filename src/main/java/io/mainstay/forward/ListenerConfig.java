// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import java.util.Locale;

/**
 * Where clients arrive: one port of an address, or several in a row. The ports of a backend run along with a range: who
 * arrives on the second port of the range is taken to the port that follows the backend's.
 *
 * @param endpoint address and first port; the address need not stand on an interface yet
 * @param lastPort the last port; equal to the first for a single one
 * @param transport TCP or UDP
 */
public record ListenerConfig(Endpoint endpoint, int lastPort, Transport transport) {

    public ListenerConfig {
        if (lastPort < endpoint.port() || lastPort > 65535) {
            throw new IllegalArgumentException(
                    "last port: " + lastPort + " (expected: " + endpoint.port() + "..65535)");
        }
    }

    /** A single port. */
    public ListenerConfig(Endpoint endpoint, Transport transport) {
        this(endpoint, endpoint.port(), transport);
    }

    /** How many ports there are. */
    public int ports() {
        return lastPort - endpoint.port() + 1;
    }

    /**
     * One port of the range.
     *
     * @param offset 0 for the first
     */
    public Endpoint at(int offset) {
        return offset == 0 ? endpoint : new Endpoint(endpoint.address(), endpoint.port() + offset);
    }

    /** Whether both have a port in common, whatever the addresses. */
    public boolean sharesPortWith(ListenerConfig other) {
        return transport == other.transport && endpoint.port() <= other.lastPort && other.endpoint.port() <= lastPort;
    }

    /** As in the configuration: {@code 198.51.100.10:5000-5100/udp}. */
    @Override
    public String toString() {
        return endpoint + (ports() == 1 ? "" : "-" + lastPort) + "/"
                + transport.name().toLowerCase(Locale.ROOT);
    }
}
