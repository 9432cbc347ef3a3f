// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.Durations;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads keepalived's numbers. Stateless. */
final class Numbers {

    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,9}");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{0,9})?|\\.[0-9]{1,9}");

    private static final Pattern MASK = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private Numbers() {}

    static Optional<Integer> integer(String text) {
        return INTEGER.matcher(text).matches() ? Optional.of(Integer.parseInt(text)) : Optional.empty();
    }

    /** Seconds, with a fraction, to the millisecond. */
    static Optional<Duration> seconds(String text) {
        return DECIMAL.matcher(text).matches()
                ? Optional.of(Duration.ofMillis(new BigDecimal(text)
                        .movePointRight(3)
                        .setScale(0, RoundingMode.HALF_UP)
                        .longValueExact()))
                : Optional.empty();
    }

    /** As the configuration writes durations; what is not a number is left as it is, for the check to refuse. */
    static String duration(String seconds) {
        return seconds(seconds).map(Durations::format).orElse(seconds);
    }

    /** The number, or the text as it is, for the check to refuse. */
    static Object number(String text) {
        Optional<Integer> number = integer(text);
        return number.isPresent() ? number.get() : text;
    }

    /** How many leading bits an IPv4 network mask has, such as 24 of 255.255.255.0; empty if it is none. */
    static Optional<Integer> maskLength(String mask) {
        if (!MASK.matcher(mask).matches()) {
            return Optional.empty();
        }
        long bits = 0;
        for (String octet : mask.split("\\.", -1)) {
            bits = bits << 8 | Integer.parseInt(octet);
        }
        int length = Long.bitCount(bits);
        return bits >> 32 == 0 && bits == (0xFFFF_FFFFL << (32 - length) & 0xFFFF_FFFFL)
                ? Optional.of(length)
                : Optional.empty();
    }

    /** keepalived's on, true and yes; an absent word counts as on. */
    static boolean on(String word) {
        return switch (word) {
            case "off", "false", "no" -> false;
            default -> true;
        };
    }
}
