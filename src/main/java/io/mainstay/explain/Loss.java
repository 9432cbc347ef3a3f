// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * This node ceased to be Active.
 *
 * @param transition the event of it
 * @param fence the event that tells what the guard did, if it did anything
 * @param successor the event that names the next Active, if it was heard
 */
record Loss(Event transition, String node, Optional<Event> fence, Optional<Event> successor) implements Chapter {

    private String reason() {
        return Values.text(transition, "reason");
    }

    private String peer() {
        return Spoken.peer(transition);
    }

    @Override
    public String headline() {
        String left = transition.subject() + " left " + node;
        return switch (reason()) {
            case "handed-over" -> left + ": handed over to " + peer() + " as asked for";
            case "higher-priority", "higher-address" -> left + ": " + peer() + " comes before it and took over";
            case "unheard" -> left + ": " + peer() + " does not hear it and had taken over";
            case "sync-group-backup" -> left + ": with " + Spoken.member(transition) + ", of the same sync group";
            default -> left + ": " + Spoken.cause(transition);
        };
    }

    @Override
    public List<String> why() {
        List<String> why = new ArrayList<>();
        switch (reason()) {
            case "handed-over" -> why.add("Somebody asked for it: `mainstay switchover`, or a stop of the daemon.");
            case "higher-priority" ->
                why.add(Spoken.peerAndPriority(transition) + " comes before this node with priority "
                        + Values.text(transition, "priority") + ".");
            case "higher-address" ->
                why.add(Spoken.peerAndPriority(transition)
                        + " has the same priority as this node and the higher address, which decides.");
            case "unheard" ->
                why.add(Spoken.peerAndPriority(transition) + " went on as Active for "
                        + Spoken.span(transition, "contended")
                        + " although this node comes first and said so: the link carries packets from it and none to it."
                        + " Two that serve the addresses for ever would be worse, so the one that is not heard gives way."
                        + " `mainstay doctor` on both nodes looks for the cause.");
            case "fenced", "stalled" ->
                why.add("This node advertises each " + Spoken.span(transition, "interval")
                        + " and had not done so for " + Spoken.span(transition, "last_advertised")
                        + "; by then another node may be Active, so it may not go on.");
            case "sync-group-backup" ->
                why.add("The members of a sync group move together, and " + Spoken.member(transition)
                        + " stepped back: " + Spoken.explainMember(transition) + " tells why.");
            default -> why.add("A node that cannot serve gives the addresses up: " + Spoken.cause(transition) + ".");
        }
        successor
                .filter(event -> !Values.text(event, "peer").equals(peer()))
                .ifPresent(event -> why.add(Values.text(event, "peer") + " is the Active since."));
        return why;
    }

    @Override
    public List<String> clients() {
        String reconnect = "Connections that were relayed here end: clients have to connect anew.";
        return switch (reason()) {
            case "handed-over" ->
                List.of(
                        "No new connection failed: this node served until " + peer() + " had announced the addresses.",
                        reconnect);
            case "higher-priority", "higher-address" ->
                List.of("Little: this node served until it heard " + peer() + ".", reconnect);
            case "unheard" ->
                List.of(
                        "For " + Spoken.span(transition, "contended")
                                + " both nodes served the addresses, and each client reached the one that it had heard"
                                + " announce them last.",
                        reconnect);
            case "fenced" ->
                List.of(
                        "The services here answered nobody for " + untilFence()
                                + ", until the guard took the addresses away and resigned.",
                        "From there a Backup needs its skew time: `mainstay explain` on the new Active tells.",
                        reconnect);
            case "stalled" ->
                List.of(
                        "The services here answered nobody from when this node stopped to run, "
                                + Spoken.span(transition, "last_advertised")
                                + " before it noticed at most, until another node took over.",
                        reconnect);
            case "shutdown" ->
                List.of("The addresses answer nobody from here on, unless another node has taken over.", reconnect);
            case "sync-group-backup" ->
                List.of(
                        "The same as of " + Spoken.member(transition) + ": " + Spoken.explainMember(transition)
                                + " tells.",
                        reconnect);
            default ->
                List.of(
                        "The addresses answered nobody from the fault on until another node took over, for which it needs"
                                + " three to four intervals of " + Spoken.span(transition, "interval")
                                + " if it could not be told.",
                        "`mainstay explain` on the new Active tells when that was.",
                        reconnect);
        };
    }

    /** From the last advertisement, at which this node still ran, until the guard acted. */
    private String untilFence() {
        return fence.flatMap(event -> Values.span(event, "fenced"))
                .map(fenced -> Spoken.span(
                                Values.spanOrZero(transition, "last_advertised").minus(fenced)) + " at most")
                .orElse("some time");
    }

    @Override
    public Optional<Duration> clientsAtMost() {
        return reason().equals("handed-over") ? Optional.of(Duration.ZERO) : Optional.empty();
    }
}
