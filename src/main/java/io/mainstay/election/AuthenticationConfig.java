// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.AuthenticationKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the nodes of a virtual router prove to each other that an advertisement is theirs and new.
 *
 * @param mode what is signed, and what has to be
 * @param keys by which signatures are verified; none: nothing is signed or verified
 * @param activeKey the number of the one to sign with; of no account without keys
 * @param window by how much the clocks of two nodes may differ, and so how long a message may be on its way
 */
public record AuthenticationConfig(Mode mode, List<AuthenticationKey> keys, int activeKey, Duration window) {

    /** What keepalived calls the same. */
    public enum Mode {
        /** Signs, and takes in what is signed. */
        ENFORCE,
        /** Signs, and takes in what is not signed as well. */
        PERMISSIVE,
        /** Does not sign, verifies what is signed, and takes in what is not. */
        RECEIVE_ONLY
    }

    public static final Duration SHORTEST_WINDOW = Duration.ofSeconds(1);
    public static final Duration LONGEST_WINDOW = Duration.ofMinutes(5);

    private static final Duration LEAST_DEFAULT_WINDOW = Duration.ofSeconds(5);
    private static final int DEFAULT_WINDOW_INTERVALS = 3;

    /** Nothing is signed, and signatures are not looked at. */
    public static final AuthenticationConfig NONE =
            new AuthenticationConfig(Mode.ENFORCE, List.of(), 0, LEAST_DEFAULT_WINDOW);

    public AuthenticationConfig {
        keys = List.copyOf(keys);
        if (!keys.isEmpty() && keys.stream().noneMatch(key -> key.id() == activeKey)) {
            throw new IllegalArgumentException("active key: " + activeKey + " (expected: one of " + keys + ")");
        }
    }

    /** Three advertisement intervals and 5 s at least, as keepalived has it. */
    public static Duration defaultWindow(Duration interval) {
        Duration window = interval.multipliedBy(DEFAULT_WINDOW_INTERVALS);
        return window.compareTo(LEAST_DEFAULT_WINDOW) < 0 ? LEAST_DEFAULT_WINDOW : window;
    }

    public boolean isNone() {
        return keys.isEmpty();
    }

    /** The key of a number. */
    Optional<AuthenticationKey> key(int id) {
        return keys.stream().filter(key -> key.id() == id).findFirst();
    }

    /** What to sign with; null: nothing is signed. */
    @Nullable
    AuthenticationKey signingKey() {
        return mode == Mode.RECEIVE_ONLY ? null : key(activeKey).orElse(null);
    }
}
