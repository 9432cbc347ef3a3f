// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.ElectionNotice.AddressesDiffer;
import io.mainstay.election.ElectionNotice.ChecksumFormsMix;
import io.mainstay.election.ElectionNotice.ContendingActive;
import io.mainstay.election.ElectionNotice.DuplicateOwner;
import io.mainstay.election.ElectionNotice.IntervalDiffers;
import io.mainstay.election.ElectionNotice.OwnAddressHeard;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares each peer with this node's configuration and says what differs, once for each change.
 *
 * <p>Bounded against forged sources: it remembers {@value #MOST_PEERS} peers and gives at most {@value #MOST_NOTICES}
 * notices in ten seconds.
 */
final class PeerObserver {

    private static final int MOST_PEERS = 16;
    private static final int MOST_NOTICES = 8;
    private static final Duration WINDOW = Duration.ofSeconds(10);

    /** Longer than any Active is silent before it counts as lost. */
    private static final int MOST_SILENT_INTERVALS = 5;

    private final VirtualRouterConfig config;
    private final Map<IpFamily, List<IpAddress>> ownAddresses;
    private final Map<IpAddress, Seen> peers = new LinkedHashMap<>();
    private Priority priority;
    private final FamilySilence silence = new FamilySilence();
    private @Nullable ChecksumForm lastForm;
    private @Nullable MonotonicInstant windowStart;
    private int noticesInWindow;

    /** What was told about a peer; each field is null until there was something. */
    private static final class Seen {
        @Nullable
        List<IpAddress> addresses;

        @Nullable
        Duration interval;

        @Nullable
        MonotonicInstant contendedAt;

        /** When this node, as Backup, last heard it advertise. */
        @Nullable
        MonotonicInstant followedAt;

        @Nullable
        Priority contendedWith;

        /** When it was last heard, and at which interval. */
        @Nullable
        MonotonicInstant heardAt;

        Duration lastInterval = Duration.ZERO;

        boolean duplicateOwner;
        boolean ownAddress;

        /** Whether it goes on to advertise. */
        boolean isHeard(MonotonicInstant now) {
            return heardAt != null
                    && now.since(heardAt).compareTo(lastInterval.multipliedBy(MOST_SILENT_INTERVALS)) < 0;
        }
    }

    /** @param ownAddresses the addresses that this node advertises over each family */
    PeerObserver(VirtualRouterConfig config, Map<IpFamily, List<IpAddress>> ownAddresses) {
        this.config = config;
        this.ownAddresses = ownAddresses;
        priority = config.priority();
    }

    /** This node takes part with another priority from now on. */
    void onPriority(Priority changed) {
        priority = changed;
    }

    /** The IPv4 form that the last heard peer used, or null if none was heard. */
    @Nullable
    ChecksumForm lastForm() {
        return lastForm;
    }

    /**
     * Looks at an advertisement before the election judges it in the given state.
     *
     * @param own whether it came from an address of this node
     */
    List<ElectionNotice> observe(
            Advertisement advertisement,
            ChecksumForm form,
            IpAddress source,
            ElectionState state,
            boolean own,
            MonotonicInstant now) {
        List<ElectionNotice> notices = new ArrayList<>();
        Seen seen = seen(source);
        seen.heardAt = now;
        seen.lastInterval = advertisement.interval();
        if (own) {
            if (!seen.ownAddress) {
                seen.ownAddress = true;
                notices.add(new OwnAddressHeard(source));
            }
            return withinLimit(notices, now);
        }
        compareAddresses(advertisement, source, seen, notices);
        compareInterval(advertisement, source, seen, notices);
        if (source.family() == IpFamily.IPV4) {
            if (lastForm != null && lastForm != form) {
                notices.add(new ChecksumFormsMix(source, form));
            }
            lastForm = form;
        }
        if (ownAddresses.size() > 1) {
            silence.hear(advertisement, source, now).ifPresent(notices::add);
        }
        if (config.priority().isOwner() && advertisement.priority().isOwner() && !seen.duplicateOwner) {
            seen.duplicateOwner = true;
            notices.add(new DuplicateOwner(source));
        }
        noticeContention(advertisement, source, state, seen, now, notices);
        return withinLimit(notices, now);
    }

    /** What is odd at present about the peers that are heard; what was told once is not told here for the first time. */
    List<ElectionNotice> differences(MonotonicInstant now) {
        List<ElectionNotice> differences = new ArrayList<>();
        peers.forEach((source, seen) -> {
            if (!seen.isHeard(now)) {
                return;
            }
            if (seen.addresses != null) {
                differences.add(new AddressesDiffer(
                        source, seen.addresses, ownAddresses.getOrDefault(source.family(), List.of())));
            }
            if (seen.interval != null) {
                differences.add(new IntervalDiffers(source, seen.interval, config.advertisementInterval()));
            }
            if (seen.contendedAt != null
                    && seen.contendedWith != null
                    && now.since(seen.contendedAt).compareTo(WINDOW) < 0) {
                differences.add(new ContendingActive(source, seen.contendedWith));
            }
            if (seen.duplicateOwner) {
                differences.add(new DuplicateOwner(source));
            }
            if (seen.ownAddress) {
                differences.add(new OwnAddressHeard(source));
            }
        });
        return differences;
    }

    private void compareAddresses(
            Advertisement advertisement, IpAddress source, Seen seen, List<ElectionNotice> notices) {
        List<IpAddress> theirs = advertisement.addresses();
        List<IpAddress> ours = ownAddresses.getOrDefault(source.family(), List.of());
        if (theirs.equals(ours) || Set.copyOf(theirs).equals(Set.copyOf(ours))) {
            seen.addresses = null;
        } else if (!theirs.equals(seen.addresses)) {
            seen.addresses = theirs;
            notices.add(new AddressesDiffer(source, theirs, ours));
        }
    }

    private void compareInterval(
            Advertisement advertisement, IpAddress source, Seen seen, List<ElectionNotice> notices) {
        Duration theirs = advertisement.interval();
        if (theirs.equals(config.advertisementInterval())) {
            seen.interval = null;
        } else if (!theirs.equals(seen.interval)) {
            seen.interval = theirs;
            notices.add(new IntervalDiffers(source, theirs, config.advertisementInterval()));
        }
    }

    private void noticeContention(
            Advertisement advertisement,
            IpAddress source,
            ElectionState state,
            Seen seen,
            MonotonicInstant now,
            List<ElectionNotice> notices) {
        if (state instanceof ElectionState.Backup) {
            seen.followedAt = now;
        }
        boolean contends = state instanceof ElectionState.Active active
                && active.handOver().isEmpty()
                && !advertisement.priority().isResign()
                && advertisement.priority().compareTo(priority) <= 0;
        if (!contends || isLastWord(advertisement, seen, now)) {
            return;
        }
        boolean told = seen.contendedAt != null && now.since(seen.contendedAt).compareTo(WINDOW) < 0;
        if (!told) {
            seen.contendedAt = now;
            seen.contendedWith = advertisement.priority();
            notices.add(new ContendingActive(source, advertisement.priority()));
        }
    }

    /** An Active that this node has just preempted advertises once more as it steps back. */
    private static boolean isLastWord(Advertisement advertisement, Seen seen, MonotonicInstant now) {
        MonotonicInstant followedAt = seen.followedAt;
        seen.followedAt = null;
        return followedAt != null
                && now.since(followedAt).compareTo(advertisement.interval().multipliedBy(2)) < 0;
    }

    private Seen seen(IpAddress source) {
        Seen known = peers.remove(source);
        if (known == null) {
            known = new Seen();
            if (peers.size() >= MOST_PEERS) {
                peers.remove(peers.keySet().iterator().next());
            }
        }
        peers.put(source, known);
        return known;
    }

    private List<ElectionNotice> withinLimit(List<ElectionNotice> notices, MonotonicInstant now) {
        if (notices.isEmpty()) {
            return notices;
        }
        if (windowStart == null || now.since(windowStart).compareTo(WINDOW) >= 0) {
            windowStart = now;
            noticesInWindow = 0;
        }
        int allowed = Math.min(notices.size(), MOST_NOTICES - noticesInWindow);
        noticesInWindow += allowed;
        return notices.subList(0, allowed);
    }
}
