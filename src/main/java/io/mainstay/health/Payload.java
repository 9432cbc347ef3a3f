// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Octets that a check sends or looks for, as an operator writes them: a text, which stands for its UTF-8, or {@code hex:} and
 * pairs of hexadecimal digits, with or without blanks between them.
 *
 * @param text as it is written
 */
public record Payload(String text) {

    public static final Payload NONE = new Payload("");

    private static final String HEX = "hex:";

    public Payload {
        if (text.startsWith(HEX)) {
            hexOctets(text);
        }
    }

    private static byte[] hexOctets(String text) {
        String digits = text.substring(HEX.length()).replace(" ", "").toLowerCase(Locale.ROOT);
        try {
            return HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("octets: " + text + " (expected: hex: and pairs of digits)", e);
        }
    }

    public boolean isNone() {
        return text.isEmpty();
    }

    /** The octets, a fresh array. */
    public byte[] octets() {
        return text.startsWith(HEX) ? hexOctets(text) : text.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether these octets stand somewhere in the first {@code length} of others. */
    boolean isWithin(byte[] others, int length) {
        byte[] wanted = octets();
        for (int start = 0; start + wanted.length <= length; start++) {
            int same = 0;
            while (same < wanted.length && others[start + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return true;
            }
        }
        return false;
    }

    /** In one line of printable characters. */
    @Override
    public String toString() {
        return text.startsWith(HEX) ? text : Shown.of(octets());
    }
}
