// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Notices when peers of a virtual router with both families are heard over one of them only. */
final class FamilySilence {

    /** Longer than any Active is silent before it counts as lost. */
    private static final int MOST_SILENT_INTERVALS = 5;

    private final Map<IpFamily, MonotonicInstant> heardAt = new EnumMap<>(IpFamily.class);
    private final Set<IpFamily> told = EnumSet.noneOf(IpFamily.class);

    /** Takes note of an advertisement; gives a notice when the other family has just been silent for too long. */
    Optional<ElectionNotice> hear(Advertisement advertisement, IpAddress source, MonotonicInstant now) {
        IpFamily family = source.family();
        IpFamily other = family == IpFamily.IPV4 ? IpFamily.IPV6 : IpFamily.IPV4;
        Duration patience = advertisement.interval().multipliedBy(MOST_SILENT_INTERVALS);
        MonotonicInstant before = heardAt.put(family, now);
        told.remove(family);
        if (before == null || now.since(before).compareTo(patience) >= 0) {
            // Nobody was heard for a while, as when this node was Active: the other family gets its time from now on.
            heardAt.put(other, now);
        }
        boolean silent = now.since(heardAt.getOrDefault(other, now)).compareTo(patience) >= 0;
        if (!silent || !told.add(other)) {
            return Optional.empty();
        }
        return Optional.of(new ElectionNotice.FamilySilent(source, family, other));
    }
}
