// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Asks what would become of a flow.
 *
 * @param client address of the client
 * @param clientPort its port; empty: any
 * @param destination where the flow arrives
 * @param transport TCP or UDP
 */
public record FlowExplanationRequest(
        IpAddress client, OptionalInt clientPort, Endpoint destination, Transport transport) {

    private static final String SOURCE = "source";
    private static final String DESTINATION = "destination";

    public FlowExplanationRequest {
        if (client.family() != destination.address().family()) {
            throw new IllegalArgumentException(SOURCE + ": " + client + " (expected: an "
                    + destination.address().family() + " address, as " + destination.address() + " is one)");
        }
    }

    /**
     * Reads both ends as people write them.
     *
     * @param source such as {@code 192.0.2.7}, {@code 192.0.2.7:40000}, {@code 2001:db8::7} or {@code [2001:db8::7]:40000}
     * @param destination such as {@code 198.51.100.10:443} or {@code [2001:db8::10]:53/udp}; TCP unless it says otherwise
     * @throws IllegalArgumentException naming the end, the text, and what was expected
     */
    public static FlowExplanationRequest parse(String source, String destination) {
        int slash = destination.indexOf('/');
        Transport transport = Transport.TCP;
        if (slash >= 0) {
            transport = switch (destination.substring(slash + 1).toLowerCase(Locale.ROOT)) {
                case "tcp" -> Transport.TCP;
                case "udp" -> Transport.UDP;
                default -> throw expected(DESTINATION, destination, "ADDRESS:PORT, with /tcp or /udp behind it");
            };
        }
        Endpoint to;
        try {
            to = Endpoint.parse(slash < 0 ? destination : destination.substring(0, slash));
        } catch (IllegalArgumentException e) {
            throw expected(
                    DESTINATION,
                    destination,
                    "ADDRESS:PORT or ADDRESS:PORT/udp, such as 198.51.100.10:443 or [2001:db8::10]:53/udp");
        }
        boolean withPort =
                source.startsWith("[") || source.chars().filter(c -> c == ':').count() == 1;
        try {
            if (withPort) {
                Endpoint from = Endpoint.parse(source);
                return new FlowExplanationRequest(from.address(), OptionalInt.of(from.port()), to, transport);
            }
            return new FlowExplanationRequest(IpAddress.parse(source), OptionalInt.empty(), to, transport);
        } catch (IllegalArgumentException e) {
            if (String.valueOf(e.getMessage()).startsWith(SOURCE)) {
                throw e;
            }
            throw expected(SOURCE, source, "ADDRESS or ADDRESS:PORT, such as 192.0.2.7:40000 or [2001:db8::7]:40000");
        }
    }

    private static IllegalArgumentException expected(String end, String text, String expected) {
        return new IllegalArgumentException(end + ": " + text + " (expected: " + expected + ")");
    }

    /** As {@link #parse} reads it. */
    public String source() {
        return clientPort.isPresent() ? new Endpoint(client, clientPort.getAsInt()).toString() : client.toString();
    }

    /** As {@link #parse} reads it. */
    public String listener() {
        return destination + "/" + transport.name().toLowerCase(Locale.ROOT);
    }
}
