// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as the configuration and the command line write them: {@code 250ms 1.5s 10s 1m 1h}. */
public final class Durations {

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ms|s|m|h)");

    private Durations() {}

    /**
     * Reads a number with its unit. A fraction is allowed as far as whole milliseconds come out.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static Duration parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw notADuration(text);
        }
        long unitMillis = switch (matcher.group(2)) {
            case "ms" -> 1;
            case "s" -> 1000;
            case "m" -> 60_000;
            default -> 3_600_000;
        };
        try {
            return Duration.ofMillis(new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(unitMillis))
                    .longValueExact());
        } catch (ArithmeticException e) {
            throw notADuration(text);
        }
    }

    private static IllegalArgumentException notADuration(String text) {
        return new IllegalArgumentException("duration: " + text + " (expected: such as 250ms, 10s, 1m or 1h)");
    }

    /** The shortest text that reads back as an equal duration of whole milliseconds. */
    public static String format(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0) {
            return "0s";
        }
        if (millis % 3_600_000 == 0) {
            return millis / 3_600_000 + "h";
        }
        if (millis % 60_000 == 0) {
            return millis / 60_000 + "m";
        }
        return millis < 1000
                ? millis + "ms"
                : BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString() + "s";
    }
}
