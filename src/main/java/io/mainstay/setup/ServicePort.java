// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;

/** Where clients are served, on each of the virtual addresses; in words such as {@code 80} or {@code 53/udp}. */
public record ServicePort(int port, Transport transport) {

    private static final String UDP = "/udp";

    /** As the configuration has it, TCP without saying so. */
    String listen(IpAddress address) {
        return new Endpoint(address, port) + (transport == Transport.UDP ? UDP : "");
    }

    String serviceName() {
        String name = (transport == Transport.UDP ? "udp-" : "tcp-") + port;
        return switch (name) {
            case "tcp-80" -> "http";
            case "tcp-443" -> "https";
            default -> name;
        };
    }

    @Override
    public String toString() {
        return port + (transport == Transport.UDP ? UDP : "");
    }
}
