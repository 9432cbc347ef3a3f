// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * This node became Active.
 *
 * @param transition the event of it
 * @param served the event that says how long the takeover took; empty if it did not come to an end
 * @param resignation why the Active before resigned, if it did
 */
record Gain(Event transition, String node, Optional<Event> served, Resignation resignation) implements Chapter {

    private String reason() {
        return Values.text(transition, "reason");
    }

    private String peer() {
        return Spoken.peer(transition);
    }

    private boolean first() {
        return reason().equals("active-down-timer")
                && Values.text(transition, "peer").isEmpty();
    }

    @Override
    public String headline() {
        String moved = transition.subject() + " moved to " + node;
        return switch (reason()) {
            case "active-down-timer" ->
                first()
                        ? transition.subject() + " became Active on " + node + ": no other node was heard"
                        : moved + ": the Active " + peer() + " fell silent";
            case "active-resigned" -> moved + ": the Active " + peer() + " resigned";
            case "preempted-lower" -> moved + ": it comes before " + peer() + " and preempt is on";
            case "owner-started" -> transition.subject() + " became Active on " + node + ", the owner of the addresses";
            case "sync-group-active" -> moved + ": with " + Spoken.member(transition) + ", of the same sync group";
            default -> moved + ": " + Spoken.cause(transition);
        };
    }

    @Override
    public List<String> why() {
        List<String> why = new ArrayList<>();
        String priority = Values.text(transition, "priority");
        why.add(
                switch (reason()) {
                    case "active-down-timer", "active-resigned" ->
                        node + " was Backup with priority " + priority + ", so it waits " + skew()
                                + ". A Backup of higher priority waits less and would have been heard first; none was.";
                    case "preempted-lower" ->
                        "Its priority " + priority + " is higher than that of " + Spoken.peerAndPriority(transition)
                                + ".";
                    case "owner-started" -> "Priority 255 takes the addresses as soon as the interface can be used.";
                    case "sync-group-active" ->
                        "The members of a sync group move together, and " + Spoken.member(transition) + " took over: "
                                + Spoken.explainMember(transition) + " tells why.";
                    default -> transition.sentence() + ".";
                });
        String configured = Values.text(transition, "configured_priority");
        if (!configured.isEmpty()) {
            why.add("Its configured priority is " + configured + "; what it tracks made " + priority + " of it.");
        }
        return why;
    }

    private String skew() {
        String skew = Spoken.span(transition, "skew");
        return reason().equals("active-resigned")
                ? "its skew time of " + skew + " after a resignation"
                : Spoken.span(transition, "active_down_interval") + " of silence (its skew time is " + skew + ")";
    }

    @Override
    public List<String> clients() {
        if (served.isEmpty()) {
            return List.of("The takeover did not come to its end here: see the timeline.");
        }
        String atMost = clientsAtMost().map(Spoken::span).orElse("some time");
        return switch (reason()) {
            case "active-down-timer" ->
                first()
                        ? List.of("Nobody served the addresses before, as far as this node heard.")
                        : List.of(
                                "The addresses answered nobody for " + atMost + " at most: from the loss of " + peer()
                                        + ", which was after its last advertisement, until the services were open here.",
                                "Connections to " + peer() + " are lost: clients have to connect anew.");
            case "active-resigned" -> afterResignation(atMost);
            case "preempted-lower" ->
                List.of(
                        "Little: " + peer() + " served until it heard this node, which had the services open " + atMost
                                + " after it decided.",
                        "Connections to " + peer() + " end: clients have to connect anew.");
            case "sync-group-active" ->
                List.of("The same as of " + Spoken.member(transition) + ": " + Spoken.explainMember(transition)
                        + " tells for how long its addresses answered nobody. Here the services were open "
                        + Spoken.span(served.get(), "services_open") + " after the decision.");
            default -> List.of("The services were open " + atMost + " after the decision.");
        };
    }

    private List<String> afterResignation(String atMost) {
        String ended = "Connections to " + peer() + " end: clients have to connect anew.";
        return switch (resignation) {
            case PLANNED ->
                List.of(
                        "No new connection failed: " + peer() + " was asked to, and served until this node did.",
                        ended);
            case BY_GUARD ->
                List.of(
                        "The guard of " + peer() + " resigned for a daemon that died or did not run. From there the"
                                + " addresses answered nobody for " + atMost + " at most.",
                        ended);
            case UNKNOWN ->
                List.of(
                        "If it was asked to hand over or to stop, " + peer()
                                + " served until this node did: no new connection failed.",
                        "If its guard resigned for a daemon that died or did not run, the addresses answered nobody for "
                                + atMost + " at most from there on.",
                        "`mainstay explain` on " + peer() + " tells which. " + ended);
        };
    }

    @Override
    public Optional<Duration> clientsAtMost() {
        if (reason().equals("sync-group-active")) {
            return Optional.empty();
        }
        return served.map(event -> {
            Duration open = Values.spanOrZero(event, "services_open");
            return switch (reason()) {
                case "active-down-timer" -> open.plus(Values.spanOrZero(transition, "silent"));
                case "active-resigned" ->
                    resignation == Resignation.PLANNED
                            ? Duration.ZERO
                            : open.plus(Values.spanOrZero(transition, "resigned"));
                default -> open;
            };
        });
    }
}
