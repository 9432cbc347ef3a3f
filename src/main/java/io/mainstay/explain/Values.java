// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The values of an event by their names. Stateless. */
final class Values {

    private static final String UNIT = "ms";

    private Values() {}

    /** The text, or an empty one. */
    static String text(Event event, String name) {
        return event.fields().getOrDefault(name, "");
    }

    /** The duration, which the journal writes in milliseconds; empty if it is absent or something else. */
    static Optional<Duration> span(Event event, String name) {
        String text = text(event, name);
        if (!text.endsWith(UNIT)) {
            return Optional.empty();
        }
        try {
            double millis = Double.parseDouble(text.substring(0, text.length() - UNIT.length()));
            return Double.isFinite(millis) ? Optional.of(Duration.ofNanos(Math.round(millis * 1e6))) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** The moment; empty if it is absent or something else. */
    static Optional<Instant> instant(Event event, String name) {
        try {
            return Optional.of(Instant.parse(text(event, name)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The duration, or zero. */
    static Duration spanOrZero(Event event, String name) {
        return span(event, name).orElse(Duration.ZERO);
    }
}
