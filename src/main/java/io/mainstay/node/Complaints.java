// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whose messages are thrown away at present, and why: the last reason of each sender, for as long as it goes on. Bounded against
 * forged sources: it remembers the last {@value #MOST_REMEMBERED} senders. Belongs to one thread.
 */
final class Complaints {

    /** Longer than any advertisement interval. */
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    static final int MOST_REMEMBERED = 16;

    /** @param router the virtual router whose number the messages bear, if they got that far */
    private record About(IpAddress source, Optional<String> router) {}

    private record Complaint(String sentence, MonotonicInstant at) {}

    private final Map<About, Complaint> last = new LinkedHashMap<>();

    void note(IpAddress source, Optional<String> router, String sentence, MonotonicInstant now) {
        About about = new About(source, router);
        if (last.remove(about) == null && last.size() >= MOST_REMEMBERED) {
            last.remove(last.keySet().iterator().next());
        }
        last.put(about, new Complaint(sentence, now));
    }

    /** By virtual router; under the empty name those that are about none in particular. */
    Map<String, List<String>> current(MonotonicInstant now) {
        Map<String, List<String>> current = new LinkedHashMap<>();
        last.forEach((about, complaint) -> {
            if (now.since(complaint.at()).compareTo(LONGEST_PAUSE) < 0) {
                current.computeIfAbsent(about.router().orElse(""), fresh -> new ArrayList<>())
                        .add(complaint.sentence());
            }
        });
        return current;
    }
}
