// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.wire.DecodeResult;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells from whom messages on an interface are thrown away and why: once, and again each hour that it goes on if the sender
 * uses the number of a virtual router here. Bounded against forged sources: it remembers 64 senders and speaks at most once
 * a second.
 */
final class StrangerNotices {

    private static final int MOST_REMEMBERED = 64;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration REMINDER = Duration.ofHours(1);

    private final InterfaceName interfaceName;
    private final ElectionReports reports;
    private final Map<Stranger, MonotonicInstant> told = new LinkedHashMap<>();
    private @Nullable MonotonicInstant lastTold;

    private record Stranger(DiscardReason reason, IpAddress source, Optional<String> router) {}

    StrangerNotices(InterfaceName interfaceName, ElectionReports reports) {
        this.interfaceName = interfaceName;
        this.reports = reports;
    }

    static String sentence(DecodeResult.Discarded discarded, IpAddress source) {
        return "messages of " + source + " are discarded: " + discarded.detail();
    }

    /** @param router the virtual router whose number the message bears, if it got that far */
    void notice(DecodeResult.Discarded discarded, IpAddress source, Optional<String> router, MonotonicInstant now) {
        Stranger stranger = new Stranger(discarded.reason(), source, router);
        boolean soon = lastTold != null && now.since(lastTold).compareTo(PAUSE) < 0;
        MonotonicInstant toldAt = told.get(stranger);
        boolean known = toldAt != null && (router.isEmpty() || now.since(toldAt).compareTo(REMINDER) < 0);
        if (soon || known) {
            return;
        }
        if (told.size() >= MOST_REMEMBERED) {
            told.remove(told.keySet().iterator().next());
        }
        told.put(stranger, now);
        lastTold = now;
        reports.notice(new RouterNotice(
                router, interfaceName, "discarded-" + discarded.reason().label(), sentence(discarded, source), now));
    }
}
