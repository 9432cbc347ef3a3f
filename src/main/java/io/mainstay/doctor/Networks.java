// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;

/** Whether an IPv4 address is in a network. Stateless. */
final class Networks {

    private Networks() {}

    /** False too if one of them is no IPv4 address. */
    static boolean contains(String network, int prefixLength, String address) {
        try {
            return IpAddress.parse(network) instanceof Ipv4Address of
                    && IpAddress.parse(address) instanceof Ipv4Address single
                    && (prefixLength == 0 || (number(of) ^ number(single)) >>> (32 - prefixLength) == 0);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static int number(Ipv4Address address) {
        int number = 0;
        for (byte octet : address.octets()) {
            number = number << 8 | (octet & 0xFF);
        }
        return number;
    }
}
