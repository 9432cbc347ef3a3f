// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.ElectionEvent.AdvertisementReceived;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.ElectionState.Fault;
import io.mainstay.election.ElectionState.Initialize;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;

/** What a Backup does about each event (RFC 9568 §6.4.2). */
final class BackupRules {

    private final ElectionParameters parameters;

    BackupRules(ElectionParameters parameters) {
        this.parameters = parameters;
    }

    Transition step(Backup here, ElectionEvent event, MonotonicInstant now) {
        return switch (event) {
            case ElectionEvent.AdvertisementReceived received -> onAdvertisement(here, received, now);
            case ElectionEvent.TimePassed ignored -> onTime(here, now);
            case ElectionEvent.CanTakePart up -> Transition.quiet(here.withPrimaryAddress(up.primaryAddress()));
            case ElectionEvent.CannotTakePart down ->
                Transition.because(
                        TransitionCause.ofFault(down.cause()),
                        Fault.untilEnded(down.cause(), here.failures(), here.preemptionSuspended()));
            case ElectionEvent.PriorityChanged changed -> Transition.quiet(afterChange(here, changed.before()));
            case ElectionEvent.PreemptionResumed ignored -> Transition.quiet(here.withPreemptionSuspended(false));
            case ElectionEvent.Shutdown ignored ->
                Transition.because(TransitionCause.of(TransitionReason.SHUTDOWN), new Initialize());
            case ElectionEvent.AdvertisementSent ignored -> Transition.quiet(here);
            case ElectionEvent.AdvertisementFailed ignored -> Transition.quiet(here);
            case ElectionEvent.AddressClaimed ignored -> Transition.quiet(here.withWatch(afterClaim(here.watch())));
            case ElectionEvent.AddressesHeld ignored -> Transition.quiet(here);
            case ElectionEvent.AddressesUnavailable ignored -> Transition.quiet(here);
            case ElectionEvent.HandOverRequested ignored -> Transition.quiet(here);
            case ElectionEvent.Fenced ignored -> Transition.quiet(here);
            case ElectionEvent.GroupTookOver group ->
                Transition.because(
                        TransitionCause.ofMember(TransitionReason.SYNC_GROUP_ACTIVE, group.member()),
                        Election.becomeActive(parameters, here.primaryAddress(), here.failures(), now),
                        ElectionAction.SEND_ADVERTISEMENT,
                        ElectionAction.ACQUIRE_ADDRESSES);
            case ElectionEvent.GroupSteppedBack ignored -> Transition.quiet(here);
            case ElectionEvent.GroupFollows group ->
                Transition.quiet(here.withWatch(here.watch()
                        .withDownDeadline(group.until(), here.watch().onExpiry())));
        };
    }

    private Transition onAdvertisement(Backup here, AdvertisementReceived received, MonotonicInstant now) {
        PeerRouter sender = Election.senderOf(received);
        if (sender.priority().isResign()) {
            return onResignation(here, sender, now);
        }
        if (sender.priority().compareTo(parameters.priority()) >= 0) {
            return Transition.quiet(here.withPreemptFrom(Optional.empty()).withWatch(follow(here, received, now)));
        }
        return onLowerPriority(here, received, now);
    }

    /**
     * The Active stops: take over after the skew time.
     *
     * <p>Deviation: only the router heard last as Active is listened to, so that the late farewell of its predecessor does
     * not start another election; and the timer is never put off, so that a repeated farewell does not delay the takeover.
     */
    private Transition onResignation(Backup here, PeerRouter sender, MonotonicInstant now) {
        ActiveWatch watch = here.watch();
        if (watch.active().router().isPresent() && !watch.active().isFrom(sender)) {
            return Transition.quiet(here);
        }
        MonotonicInstant skewed = now.plus(parameters.skew(watch.interval()));
        MonotonicInstant deadline = MonotonicInstant.earlierOf(watch.downDeadline(), skewed);
        return Transition.quiet(here.withPreemptFrom(Optional.empty())
                .withPreemptionSuspended(false)
                .withWatch(watch.withDownDeadline(deadline, TransitionReason.ACTIVE_RESIGNED)));
    }

    private Transition onLowerPriority(Backup here, AdvertisementReceived received, MonotonicInstant now) {
        boolean preempt = parameters.preempt() || parameters.priority().isOwner();
        if (!preempt || here.preemptionSuspended()) {
            return Transition.quiet(here.withWatch(follow(here, received, now)));
        }
        MonotonicInstant preemptFrom = here.preemptFrom().orElse(now.plus(parameters.preemptDelay()));
        Backup waiting = here.withPreemptFrom(Optional.of(preemptFrom));
        if (!now.hasReached(preemptFrom)) {
            return Transition.quiet(waiting.withWatch(follow(here, received, now)));
        }
        return Transition.quiet(waiting.withWatch(
                here.watch().withActive(Election.senderOf(received), now, TransitionReason.PREEMPTED_LOWER)));
    }

    /** The timer that runs was set with the skew time of the priority before. */
    private Backup afterChange(Backup here, Priority before) {
        ActiveWatch watch = here.watch();
        Duration skewBefore = parameters.withPriority(before).skew(watch.interval());
        Duration difference = parameters.skew(watch.interval()).minus(skewBefore);
        return here.withWatch(watch.withDownDeadline(watch.downDeadline().plus(difference), watch.onExpiry()));
    }

    /**
     * Deviation: the first word of another router than the Active that this node follows does not bring the deadline forward. It
     * may be the last word of one that steps back, which waits for a shorter interval than the one that it gives way to.
     */
    private ActiveWatch follow(Backup here, AdvertisementReceived received, MonotonicInstant now) {
        ActiveWatch before = here.watch();
        ActiveWatch watch = accept(before.active(), received, now);
        boolean another =
                before.active().router().isPresent() && !before.active().isFrom(Election.senderOf(received));
        return another && watch.downDeadline().isBefore(before.downDeadline())
                ? watch.withDownDeadline(before.downDeadline(), watch.onExpiry())
                : watch;
    }

    /** Follows the sender as the Active: learns its interval and waits for the active-down interval from now. */
    ActiveWatch accept(HeardActive before, AdvertisementReceived received, MonotonicInstant now) {
        var interval = received.advertisement().interval();
        return new ActiveWatch(
                interval,
                now.plus(parameters.activeDownInterval(interval)),
                now,
                before.heard(Election.senderOf(received)),
                TransitionReason.ACTIVE_DOWN_TIMER,
                false);
    }

    /**
     * Deviation: after a stall this node listens for less than an active-down interval. If somebody has the addresses meanwhile,
     * that is likely the Active, and it is given the whole interval to be heard; no more, since it may be a host that lost its
     * daemon and kept the addresses.
     */
    private ActiveWatch afterClaim(ActiveWatch watch) {
        boolean unheard = watch.listenedAgain()
                && watch.active().router().isEmpty()
                && watch.onExpiry() == TransitionReason.ACTIVE_DOWN_TIMER;
        MonotonicInstant patient = watch.quietSince().plus(parameters.activeDownInterval(watch.interval()));
        return unheard && watch.downDeadline().isBefore(patient)
                ? watch.withDownDeadline(patient, watch.onExpiry())
                : watch;
    }

    private Transition onTime(Backup here, MonotonicInstant now) {
        ActiveWatch watch = here.watch();
        if (!now.hasReached(watch.downDeadline())) {
            return Transition.quiet(here);
        }
        if (!watch.listenedAgain() && now.since(watch.downDeadline()).compareTo(watch.interval()) >= 0) {
            return Transition.quiet(here.withWatch(watch.listeningAgainUntil(listenUntil(watch, now))));
        }
        return Transition.because(
                TransitionCause.ofSilence(
                        watch.onExpiry(),
                        now.since(watch.quietSince()),
                        watch.active().router()),
                Election.becomeActive(parameters, here.primaryAddress(), here.failures(), now),
                ElectionAction.SEND_ADVERTISEMENT,
                ElectionAction.ACQUIRE_ADDRESSES);
    }

    /**
     * Deviation: woken an interval or more after the deadline, this node was itself unable to hear the Active. It listens
     * for one more interval and skew, once, before it judges.
     */
    private MonotonicInstant listenUntil(ActiveWatch watch, MonotonicInstant now) {
        return now.plus(watch.interval()).plus(parameters.skew(watch.interval()));
    }
}
