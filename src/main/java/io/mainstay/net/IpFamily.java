// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/** The two versions of the Internet Protocol. */
public enum IpFamily {
    IPV4("IPv4"),
    IPV6("IPv6");

    private final String text;

    IpFamily(String text) {
        this.text = text;
    }

    /** As people write it. */
    @Override
    public String toString() {
        return text;
    }
}
