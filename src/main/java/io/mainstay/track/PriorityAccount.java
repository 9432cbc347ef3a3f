// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import io.mainstay.net.Priority;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How the effective priority comes about: the configured one and what each tracker adds to it.
 *
 * @param base the configured priority
 * @param standings the trackers, in the order of the configuration
 */
public record PriorityAccount(Priority base, List<TrackerStanding> standings) {

    /** 0 would say that the node resigns, 255 that it owns the addresses. */
    private static final int LOWEST = 1;

    private static final int HIGHEST = 254;

    public PriorityAccount {
        standings = List.copyOf(standings);
    }

    /** The sum within 1..254; an owner keeps its 255 whatever is tracked (RFC 9568 §6.1). */
    public Priority effective() {
        return base.isOwner() ? base : new Priority(Math.clamp(sum(), LOWEST, HIGHEST));
    }

    private int sum() {
        return base.value()
                + standings.stream().mapToInt(TrackerStanding::added).sum();
    }

    /** What keeps the node from taking part, for people; empty if nothing does. */
    public Optional<String> fault() {
        return joined(standings.stream()
                .filter(TrackerStanding::isFault)
                .map(TrackerStanding::sentence)
                .toList());
    }

    /** What has not been looked at yet, for people; empty if all has. */
    public Optional<String> undecided() {
        return joined(standings.stream()
                .filter(standing -> standing.state() == TrackerStanding.State.UNDECIDED)
                .map(standing -> standing.id().toString())
                .toList());
    }

    private static Optional<String> joined(List<String> sentences) {
        return sentences.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", sentences));
    }

    /** The sum in figures, such as {@code 250 - 100 (script db) = 150}; the base alone if nothing is added to it. */
    public String breakdown() {
        String terms = standings.stream()
                .filter(standing -> standing.added() != 0)
                .map(standing -> (standing.added() < 0 ? " - " : " + ") + Math.abs(standing.added()) + " ("
                        + standing.id() + ")")
                .collect(Collectors.joining());
        if (terms.isEmpty()) {
            return base.toString();
        }
        String sum = base + terms + " = " + effective();
        if (base.isOwner()) {
            return sum + ", as an owner keeps its priority";
        }
        return sum() < LOWEST ? sum + ", the lowest" : sum() > HIGHEST ? sum + ", the highest" : sum;
    }
}
