// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import io.mainstay.net.InterfaceName;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which of this node's own links are down, so that a check which fails for that is not held against a backend. Not safe for
 * use by several threads.
 */
public final class AwayLinks {

    /** A check that starts so soon after a link is back may still fail for its absence: neighbours have to be found again. */
    public static final Duration SETTLE = Duration.ofSeconds(3);

    private final Set<InterfaceName> away = new HashSet<>();
    private final Map<InterfaceName, MonotonicInstant> backSince = new HashMap<>();

    /**
     * Takes in which links are down now.
     *
     * @return whether one has come back
     */
    public boolean update(Set<InterfaceName> down, MonotonicInstant now) {
        boolean back = false;
        for (InterfaceName link : Set.copyOf(away)) {
            if (!down.contains(link)) {
                away.remove(link);
                backSince.put(link, now);
                back = true;
            }
        }
        away.addAll(down);
        return back;
    }

    /**
     * Whether a check that has just failed may have failed for want of a link; if not, there is no need to ask which one.
     *
     * @param started when the check started
     */
    public boolean mayExcuse(MonotonicInstant started) {
        return !away.isEmpty() || backSince.values().stream().anyMatch(since -> isTooSoon(started, since));
    }

    /**
     * Whether a check that has just failed did so for want of a link, or may have.
     *
     * @param path the interface by which the backend is reached; empty: there is no way to it at present
     */
    public boolean excuses(Optional<InterfaceName> path, MonotonicInstant started) {
        if (path.isEmpty()) {
            return mayExcuse(started);
        }
        MonotonicInstant since = backSince.get(path.get());
        return away.contains(path.get()) || (since != null && isTooSoon(started, since));
    }

    private static boolean isTooSoon(MonotonicInstant started, MonotonicInstant backSince) {
        return started.isBefore(backSince.plus(SETTLE));
    }
}
