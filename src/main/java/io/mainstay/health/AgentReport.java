// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * One answer of a backend's agent: words that are separated by blanks or commas, and what follows a {@code #} for people. The
 * words are a part of those of HAProxy's agent check, so that its agents can be used: {@code 75%}, {@code maxconn:30},
 * {@code drain}, {@code maint}, {@code ready}, {@code down}, {@code failed}, {@code stopped} and {@code up}. Others are
 * passed over. Of several that contradict each other the last one counts.
 *
 * @param percent the share it wants of its configured weight, 0 to 100; empty: no word about it
 * @param maxConnections how many connections it wants at the same time; empty: no word about it, 0: no limit
 * @param admin what it wants of its admin state
 * @param service whether it can serve
 * @param description for people
 */
public record AgentReport(
        OptionalInt percent, OptionalInt maxConnections, Admin admin, Service service, String description) {

    /** What an agent wants of the admin state. */
    public enum Admin {
        NOT_SAID,
        READY,
        DRAIN
    }

    /** Whether a backend can serve, as its agent sees it. */
    public enum Service {
        NOT_SAID,
        UP,
        DOWN
    }

    private static final int MOST_CONNECTIONS = 10_000_000;

    /** Reads a line; one without a word that is known says nothing. */
    public static AgentReport parse(String line) {
        int comment = line.indexOf('#');
        String words = comment < 0 ? line : line.substring(0, comment);
        String description = comment < 0 ? "" : line.substring(comment + 1).strip();
        OptionalInt percent = OptionalInt.empty();
        OptionalInt maxConnections = OptionalInt.empty();
        Admin admin = Admin.NOT_SAID;
        Service service = Service.NOT_SAID;
        for (String word : words.toLowerCase(Locale.ROOT).split("[\\s,]+", -1)) {
            switch (word) {
                case "drain", "maint" -> admin = Admin.DRAIN;
                case "ready" -> admin = Admin.READY;
                case "up" -> service = Service.UP;
                case "down", "failed", "fail", "stopped" -> service = Service.DOWN;
                default -> {
                    if (word.endsWith("%")) {
                        percent = number(word.substring(0, word.length() - 1), 100, percent);
                    } else if (word.startsWith("maxconn:")) {
                        maxConnections = number(word.substring(8), MOST_CONNECTIONS, maxConnections);
                    }
                }
            }
        }
        return new AgentReport(percent, maxConnections, admin, service, description);
    }

    /** The number, or the most if it is more; what was said before if it is none. */
    private static OptionalInt number(String digits, int most, OptionalInt before) {
        if (digits.isEmpty() || digits.length() > 9 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return before;
        }
        return OptionalInt.of(Math.min(Integer.parseInt(digits), most));
    }

    /** Whether a word was understood. */
    public boolean saysSomething() {
        return percent.isPresent()
                || maxConnections.isPresent()
                || admin != Admin.NOT_SAID
                || service != Service.NOT_SAID;
    }
}
