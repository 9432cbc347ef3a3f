// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.ElectionState.Active;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.ElectionState.HandOver;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The virtual routers of one node that are Active together or not at all, as the two sides of a gateway have to be. Each
 * keeps the election of its own segment; the group passes on what one decides.
 *
 * <ol>
 *   <li>While one member cannot take part, none does. They start, and start again, together.
 *   <li>When the Active of one member resigns, the node takes over for all members. When an Active is just silent, the node
 *       waits until it is for every member: one silent segment beside another on which the same Active still speaks is a cut
 *       segment, and taking over would move the group back and forth.
 *   <li>When one member becomes Active, all do. When one steps back, all do, with a farewell, so that the successor need not
 *       wait for their silence; but with one more advertisement in its place if this node has only just taken over: then the
 *       successor did so at the same time, and a farewell would send those that already follow it into another election.
 *       When one hands over, all do.
 *   <li>Where priorities are equal the address decides, and may decide differently on each segment. So the senior member,
 *       that with the lowest virtual address, decides at once; another one only when the tie has lasted for an active-down
 *       interval, as it does if the senior's segment is cut.
 * </ol>
 *
 * <p>All members must have the same priority at all times: otherwise different nodes could come first on different segments.
 * Belongs to the thread of its members.
 */
public final class SyncGroup {

    private final List<VirtualRouter> members;
    private final Map<VirtualRouter, Tie> ties = new HashMap<>();

    /** When the first of them became Active last. */
    private @Nullable MonotonicInstant tookOverAt;

    /** While what one member did is passed on, what the others do in turn is not. */
    private boolean passingOn;

    private SyncGroup(List<VirtualRouter> members) {
        this.members = members;
    }

    /** Makes one group of the virtual routers, none of which has had any input. */
    public static void couple(List<VirtualRouter> routers) {
        List<VirtualRouter> members = new ArrayList<>(routers);
        members.sort(Comparator.comparing(SyncGroup::lowestAddress));
        SyncGroup group = new SyncGroup(List.copyOf(members));
        members.forEach(member -> member.join(group));
    }

    /** The nodes of a group have the same virtual addresses, and so the same order of members. */
    private static IpAddress lowestAddress(VirtualRouter router) {
        return router.config().addresses().stream()
                .map(VirtualAddress::address)
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** A member may have come to be able to take part, or to be unable. */
    void onParticipation(MonotonicInstant now) {
        if (!passingOn) {
            passingOn = true;
            shareObstacles(now);
            passingOn = false;
        }
    }

    /** A member's election made a step. */
    void onStep(VirtualRouter member, ElectionState before, Transition transition, MonotonicInstant now) {
        if (passingOn) {
            return;
        }
        passingOn = true;
        shareObstacles(now);
        ElectionState after = transition.next();
        if (before instanceof Active && after instanceof Backup backup) {
            stepBack(member, backup, transition, now);
        } else if (before instanceof Active formerly && after instanceof Active active) {
            handOver(member, formerly, active, now);
        } else if (after instanceof Active) {
            tookOverAt = now;
            passOn(member, new ElectionEvent.GroupTookOver(member.config().name()), now);
        }
        passingOn = false;
    }

    private void passOn(VirtualRouter member, ElectionEvent event, MonotonicInstant now) {
        others(member).forEach(other -> other.follow(event, now));
    }

    private void handOver(VirtualRouter member, Active before, Active after, MonotonicInstant now) {
        Optional<HandOver> begun = after.handOver();
        if (begun.isPresent() && before.handOver().isEmpty()) {
            passOn(
                    member,
                    new ElectionEvent.HandOverRequested(begun.get().deadline().since(now)),
                    now);
        }
    }

    private void stepBack(VirtualRouter member, Backup after, Transition transition, MonotonicInstant now) {
        TransitionReason reason = transition.cause().orElseThrow().reason();
        ElectionEvent event;
        if (reason == TransitionReason.FENCED) {
            event = new ElectionEvent.Fenced(transition.cause().get().detail().orElse(""));
        } else {
            event = new ElectionEvent.GroupSteppedBack(
                    member.config().name(),
                    reason != TransitionReason.STALLED,
                    after.watch().downDeadline(),
                    after.preemptionSuspended(),
                    isNewlyActive(member, now));
        }
        passOn(member, event, now);
    }

    private boolean isNewlyActive(VirtualRouter member, MonotonicInstant now) {
        return tookOverAt != null && now.since(tookOverAt).compareTo(member.defaultHandOverTimeout()) < 0;
    }

    /** The first two that have one are enough: a member shares in another's, not in its own. */
    private void shareObstacles(MonotonicInstant now) {
        List<VirtualRouter> faulty = members.stream()
                .filter(member -> member.ownFault().isPresent())
                .limit(2)
                .toList();
        List<VirtualRouter> waiting = members.stream()
                .filter(member -> member.ownWait().isPresent())
                .limit(2)
                .toList();
        for (VirtualRouter member : members) {
            Optional<FaultCause> fault = firstOther(faulty, member).map(SyncGroup::faultOf);
            Optional<String> wait = firstOther(waiting, member).map(SyncGroup::waitOf);
            member.onGroup(fault, wait, now);
        }
    }

    private static Optional<VirtualRouter> firstOther(List<VirtualRouter> routers, VirtualRouter member) {
        return routers.stream().filter(other -> other != member).findFirst();
    }

    private static FaultCause faultOf(VirtualRouter member) {
        FaultCause cause = member.ownFault().orElseThrow();
        return new FaultCause(
                TransitionReason.SYNC_GROUP_FAULT,
                member.config().name() + ": " + cause.reason().sentence() + ": " + cause.detail());
    }

    private static String waitOf(VirtualRouter member) {
        return "member " + member.config().name() + ", which waits for "
                + member.ownWait().orElseThrow();
    }

    private List<VirtualRouter> others(VirtualRouter member) {
        return members.stream().filter(other -> other != member).toList();
    }

    /** The operator lets one member preempt again. */
    void onPreemptionResumed(VirtualRouter member, MonotonicInstant now) {
        passOn(member, new ElectionEvent.PreemptionResumed(), now);
    }

    /**
     * Whether a member whose Active is silent has to wait for the others.
     *
     * @return until when at least
     */
    Optional<MonotonicInstant> holds(VirtualRouter member, MonotonicInstant now) {
        if (!(member.state() instanceof Backup here)
                || !now.hasReached(here.watch().downDeadline())
                || here.watch().onExpiry() == TransitionReason.ACTIVE_RESIGNED) {
            return Optional.empty();
        }
        return followed(member).map(ActiveWatch::downDeadline).filter(now::isBefore);
    }

    /** What the other member that waits longest knows of its Active. */
    Optional<ActiveWatch> followed(VirtualRouter member) {
        return others(member).stream()
                .map(VirtualRouter::state)
                .filter(Backup.class::isInstance)
                .map(state -> ((Backup) state).watch())
                .max(Comparator.comparing(ActiveWatch::downDeadline));
    }

    /** Whether a member that loses a tie leaves it to the senior for now. */
    boolean leavesTie(VirtualRouter member, Advertisement advertisement, IpAddress source, MonotonicInstant now) {
        boolean loses = member.state() instanceof Active active
                && active.handOver().isEmpty()
                && advertisement.priority().equals(member.effectivePriority())
                && Election.winsTie(source, active.primaryAddress());
        if (!loses || member == members.getFirst()) {
            return false;
        }
        Duration pause = advertisement.interval().multipliedBy(2);
        Tie tie = ties.getOrDefault(member, new Tie(now, now)).at(now, pause);
        ties.put(member, tie);
        return now.since(tie.since()).compareTo(member.defaultHandOverTimeout()) < 0;
    }

    /** When a tie was first and last noticed. */
    private record Tie(MonotonicInstant since, MonotonicInstant last) {

        /** The same tie, or another one if there was none for longer than the pause. */
        Tie at(MonotonicInstant now, Duration pause) {
            return new Tie(now.since(last).compareTo(pause) <= 0 ? since : now, now);
        }
    }
}
