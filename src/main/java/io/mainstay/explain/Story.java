// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One move of an address, as the node tells it.
 *
 * @param virtualRouter which one
 * @param at when it was decided by the wall clock of the node
 * @param exact whether it was then, or at some time after
 * @param event the number of the event that tells of it
 * @param headline what happened, a sentence without a full stop
 * @param timeline what led to it, how long each step took, and what followed, in the order of time
 * @param why why this node gained or lost the addresses
 * @param clients what clients could notice
 * @param clientsAtMost for how long at most the addresses answered nobody; empty if this node cannot know
 * @param remarks what else the operator should know
 * @param earlier the moves before, the latest first
 */
public record Story(
        String virtualRouter,
        Instant at,
        boolean exact,
        long event,
        String headline,
        List<Line> timeline,
        List<String> why,
        List<String> clients,
        Optional<Duration> clientsAtMost,
        List<String> remarks,
        List<Earlier> earlier) {

    public Story {
        timeline = List.copyOf(timeline);
        why = List.copyOf(why);
        clients = List.copyOf(clients);
        remarks = List.copyOf(remarks);
        earlier = List.copyOf(earlier);
    }

    /**
     * One step.
     *
     * @param node on which node; empty if there is only one journal
     * @param time when, by the wall clock of the node
     * @param offset how long after the decision, negative before it
     * @param severity how much it asks of the operator
     * @param text what happened, without a full stop
     * @param event the number of the event that tells of it
     */
    public record Line(String node, Instant time, Duration offset, Severity severity, String text, long event) {}

    /** A move before, in a sentence without a full stop. */
    public record Earlier(Instant at, String headline) {}
}
