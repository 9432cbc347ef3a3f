// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Lets one notice of a kind about an address pass every ten seconds. */
final class NoticePace {

    private static final Duration PAUSE = Duration.ofSeconds(10);

    private final Map<Subject, MonotonicInstant> lastTold = new HashMap<>();

    /** Bounded by the kinds of notice and the addresses of the virtual router. */
    private record Subject(String label, IpAddress address) {}

    boolean allows(String label, IpAddress address, MonotonicInstant now) {
        Subject subject = new Subject(label, address);
        MonotonicInstant told = lastTold.get(subject);
        if (told != null && now.since(told).compareTo(PAUSE) < 0) {
            return false;
        }
        lastTold.put(subject, now);
        return true;
    }
}
