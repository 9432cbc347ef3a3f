// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.nio.charset.StandardCharsets;

/**
 * Collects the first line of an HTTP/1.x answer (RFC 9112 §4) and no more than that.
 */
final class StatusLine {

    /** Longest line that is waited for; a status line of a real server is far shorter. */
    static final int MAX_LENGTH = 1024;

    private static final int SHOWN = 40;

    private final StringBuilder line = new StringBuilder();
    private boolean complete;

    /** Takes octets as they come, those behind the first line are ignored. Whether the line is complete or too long. */
    boolean take(byte[] octets) {
        for (byte octet : octets) {
            if (complete) {
                break;
            }
            if (octet == '\n' || line.length() == MAX_LENGTH) {
                complete = true;
            } else {
                line.append((char) (octet & 0xFF));
            }
        }
        return complete;
    }

    /** The status, or -1 if the line is none of HTTP/1.x. */
    int status() {
        String text = line.toString();
        boolean wellFormed = text.length() >= 12
                && text.startsWith("HTTP/1.")
                && isDigit(text, 7)
                && text.charAt(8) == ' '
                && isDigit(text, 9)
                && isDigit(text, 10)
                && isDigit(text, 11)
                && (text.length() == 12 || text.charAt(12) == ' ' || text.charAt(12) == '\r');
        return wellFormed ? Integer.parseInt(text, 9, 12, 10) : -1;
    }

    private static boolean isDigit(String text, int index) {
        char c = text.charAt(index);
        return c >= '0' && c <= '9';
    }

    /** The beginning of the line in printable characters, for a message. */
    String shown() {
        String start = line.substring(0, Math.min(line.length(), SHOWN)).strip();
        byte[] latin = start.getBytes(StandardCharsets.ISO_8859_1);
        StringBuilder printable = new StringBuilder();
        for (byte octet : latin) {
            printable.append(octet >= 0x20 && octet < 0x7F ? (char) octet : '.');
        }
        return printable.toString();
    }
}
