// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * An address and a port.
 *
 * @param address the address
 * @param port 1 to 65535
 */
public record Endpoint(IpAddress address, int port) {

    public Endpoint {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1..65535)");
        }
    }

    /**
     * Reads {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}.
     *
     * @throws IllegalArgumentException if the text is anything else; a host name is
     */
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        boolean bracketed = text.startsWith("[") && colon > 0 && text.charAt(colon - 1) == ']';
        if (colon < 0 || (!bracketed && text.indexOf(':') != colon)) {
            throw new IllegalArgumentException("endpoint: " + text + " (expected: IPV4:PORT or [IPV6]:PORT)");
        }
        String address = bracketed ? text.substring(1, colon - 1) : text.substring(0, colon);
        String port = text.substring(colon + 1);
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1..65535)");
        }
        return new Endpoint(
                bracketed ? Ipv6Address.parse(address) : Ipv4Address.parse(address), Integer.parseInt(port));
    }

    @Override
    public String toString() {
        return address instanceof Ipv6Address ? "[" + address + "]:" + port : address + ":" + port;
    }
}
