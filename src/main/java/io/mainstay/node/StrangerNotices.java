// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.wire.DiscardReason;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells once from whom messages on an interface are thrown away and why. Bounded against forged sources: it remembers 64
 * senders and speaks at most once a second.
 */
final class StrangerNotices {

    private static final int MOST_REMEMBERED = 64;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final InterfaceName interfaceName;
    private final ElectionReports reports;
    private final Set<Stranger> told = new LinkedHashSet<>();
    private @Nullable MonotonicInstant lastTold;

    private record Stranger(DiscardReason reason, IpAddress source) {}

    StrangerNotices(InterfaceName interfaceName, ElectionReports reports) {
        this.interfaceName = interfaceName;
        this.reports = reports;
    }

    void notice(DiscardReason reason, String detail, IpAddress source, MonotonicInstant now) {
        Stranger stranger = new Stranger(reason, source);
        boolean soon = lastTold != null && now.since(lastTold).compareTo(PAUSE) < 0;
        if (soon || told.contains(stranger)) {
            return;
        }
        if (told.size() >= MOST_REMEMBERED) {
            told.remove(told.iterator().next());
        }
        told.add(stranger);
        lastTold = now;
        reports.notice(new RouterNotice(
                Optional.empty(),
                interfaceName,
                "discarded-" + reason.label(),
                "messages of " + source + " are discarded: " + detail,
                now));
    }
}
