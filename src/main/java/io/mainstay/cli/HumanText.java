// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;

/** Durations, sizes and times as people like to read them. */
final class HumanText {

    private static final String[] SIZE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private HumanText() {}

    /** The two largest units: {@code 250ms}, {@code 4.2s}, {@code 2m03s}, {@code 1h05m}, {@code 3d07h}. */
    static String duration(Duration duration) {
        long millis = Math.max(0, duration.toMillis());
        if (millis < 1000) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds < 10 && millis % 1000 >= 100) {
            return seconds + "." + millis % 1000 / 100 + "s";
        }
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m" + twoDigits(seconds % 60) + "s";
        }
        if (seconds < 86_400) {
            return seconds / 3600 + "h" + twoDigits(seconds % 3600 / 60) + "m";
        }
        return seconds / 86_400 + "d" + twoDigits(seconds % 86_400 / 3600) + "h";
    }

    /** As {@link #duration}, and below ten milliseconds in finer steps: {@code 0.12ms}. */
    static String fine(Duration duration) {
        long hundredths = duration.toNanos() / 10_000;
        return hundredths < 1000 ? hundredths / 100 + "." + twoDigits(hundredths % 100) + "ms" : duration(duration);
    }

    /** How long {@code since} is ago; a clock that was set back gives zero. */
    static String ago(Instant since, Instant now) {
        return duration(Duration.between(since, now));
    }

    /** Octets in binary units with one decimal: {@code 17 B}, {@code 1.2 GiB}. */
    static String size(long octets) {
        if (octets < 1024) {
            return octets + " B";
        }
        int unit = (63 - Long.numberOfLeadingZeros(octets)) / 10;
        long tenths = ((octets >>> (10 * (unit - 1))) * 10) >>> 10;
        return tenths / 10 + "." + tenths % 10 + " " + SIZE_UNITS[unit];
    }

    /** {@code 2026-11-23 12:00:01.123} in the zone. */
    static String time(Instant instant, ZoneId zone) {
        LocalDateTime time = LocalDateTime.ofInstant(instant, zone);
        // DateTimeFormatter would take longer to load than all the rest of the command.
        return time.toLocalDate() + " " + twoDigits(time.getHour()) + ":" + twoDigits(time.getMinute()) + ":"
                + twoDigits(time.getSecond()) + "." + (1000 + time.getNano() / 1_000_000 + "").substring(1);
    }

    /** {@code 1 connection}, {@code 2 connections}. */
    static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** One line that cannot steer the terminal, whatever a peer or a backend has put into it. */
    static String printable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                return text.replaceAll("\\p{Cntrl}|[\\x80-\\x9f]", " ");
            }
        }
        return text;
    }

    private static String twoDigits(long number) {
        return number < 10 ? "0" + number : Long.toString(number);
    }
}
