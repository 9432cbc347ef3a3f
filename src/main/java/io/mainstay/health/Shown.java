// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

/** Octets of a peer as they may stand in a message: short, printable, in one line. */
final class Shown {

    private static final int MOST = 40;

    private Shown() {}

    static String of(byte[] octets) {
        return of(octets, octets.length);
    }

    static String of(byte[] octets, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(length, MOST); i++) {
            byte octet = octets[i];
            switch (octet) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                default -> text.append(octet >= 0x20 && octet < 0x7F ? (char) octet : '.');
            }
        }
        return length > MOST ? text.append('…').toString() : text.toString();
    }
}
