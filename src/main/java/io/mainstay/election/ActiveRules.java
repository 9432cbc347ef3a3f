// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.ElectionEvent.AdvertisementReceived;
import io.mainstay.election.ElectionState.Active;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.ElectionState.Contention;
import io.mainstay.election.ElectionState.Fault;
import io.mainstay.election.ElectionState.HandOver;
import io.mainstay.election.ElectionState.Initialize;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;

/** What an Active does about each event (RFC 9568 §6.4.3). */
final class ActiveRules {

    /** A peer takes over after three silent intervals and its skew time. */
    private static final int STALL_INTERVALS = ElectionParameters.SILENT_INTERVALS;

    /** While resigning, a peer takes over after its skew time, which is shorter than an interval. */
    private static final int STALL_INTERVALS_RESIGNING = 2;

    /** Two advertisements in a row that cannot be sent are a fault; a third would let a peer take over beside us. */
    private static final int UNSENT_INTERVALS = 2;

    /**
     * A sixteenth of an interval is long against the network and the reaction of a peer, and short against all timers. The
     * first repetition of priority 0 follows after it, so that one lost frame costs little.
     */
    private static final int PARTS_OF_INTERVAL = 16;

    /** Long against a contention on a sound link, which one advertisement ends; short against an outage that people bear. */
    private static final int CONTENTION_ACTIVE_DOWN_INTERVALS = 3;

    /** Who has not advertised for so long is not Active any more. */
    private static final int CONTENTION_PAUSE_INTERVALS = 3;

    private final ElectionParameters parameters;
    private final BackupRules backup;

    ActiveRules(ElectionParameters parameters, BackupRules backup) {
        this.parameters = parameters;
        this.backup = backup;
    }

    Transition step(Active here, ElectionEvent event, MonotonicInstant now) {
        return switch (event) {
            case ElectionEvent.AdvertisementReceived received -> {
                if (isStalled(here, now)) {
                    yield afterStall(here, received, now);
                }
                yield onAdvertisement(here, received, now);
            }
            case ElectionEvent.TimePassed passed -> {
                if (isStalled(here, now)) {
                    yield afterStall(here, passed, now);
                }
                yield onTime(here, now);
            }
            case ElectionEvent.HandOverRequested request -> {
                if (isStalled(here, now)) {
                    yield afterStall(here, request, now);
                }
                yield onHandOver(here, request, now);
            }
            case ElectionEvent.CanTakePart up -> Transition.quiet(here.withPrimaryAddress(up.primaryAddress()));
            case ElectionEvent.PriorityChanged ignored ->
                // What is set after a stall has the new skew time already, so that nothing is left to do about the
                // change.
                isStalled(here, now) ? afterStall(here, new ElectionEvent.TimePassed(), now) : onPriority(here, now);
            case ElectionEvent.CannotTakePart down ->
                Transition.because(
                        TransitionCause.ofFault(down.cause()),
                        Fault.untilEnded(
                                down.cause(), here.failures(), here.handOver().isPresent()),
                        ElectionAction.SEND_RESIGNATION,
                        ElectionAction.RELEASE_ADDRESSES);
            case ElectionEvent.AdvertisementSent sent -> Transition.quiet(here.advertisedAt(sent.at()));
            case ElectionEvent.AdvertisementFailed failed -> onUnsent(here, failed.cause(), now);
            case ElectionEvent.AddressesHeld ignored -> Transition.quiet(here.withAddressesHeld());
            case ElectionEvent.AddressesUnavailable unavailable ->
                retryLater(
                        here,
                        TransitionCause.ofFault(
                                new FaultCause(TransitionReason.ADDRESSES_UNAVAILABLE, unavailable.cause())),
                        now);
            case ElectionEvent.Shutdown ignored ->
                Transition.because(
                        TransitionCause.of(TransitionReason.SHUTDOWN),
                        new Initialize(),
                        ElectionAction.SEND_RESIGNATION,
                        ElectionAction.RELEASE_ADDRESSES);
            case ElectionEvent.PreemptionResumed ignored -> Transition.quiet(here);
            case ElectionEvent.Fenced fenced -> afterFence(here, fenced.cause(), now);
            // Whoever holds them announces them anew; the election goes by advertisements.
            case ElectionEvent.AddressClaimed ignored -> Transition.quiet(here);
            case ElectionEvent.GroupTookOver ignored -> Transition.quiet(here);
            case ElectionEvent.GroupSteppedBack group ->
                isStalled(here, now)
                        ? afterStall(here, new ElectionEvent.TimePassed(), now)
                        : stepBackWithGroup(here, group, now);
            case ElectionEvent.GroupFollows ignored -> Transition.quiet(here);
        };
    }

    private Transition onAdvertisement(Active here, AdvertisementReceived received, MonotonicInstant now) {
        PeerRouter sender = Election.senderOf(received);
        if (here.handOver().isPresent()) {
            return sender.priority().isResign() ? Transition.quiet(here) : handedOver(here, received, now);
        }
        if (sender.priority().isResign()) {
            return Transition.quiet(
                    here.withAdvertiseDeadline(now.plus(parameters.interval())), ElectionAction.SEND_ADVERTISEMENT);
        }
        int byPriority = sender.priority().compareTo(parameters.priority());
        if (byPriority > 0) {
            return stepBack(here, received, TransitionReason.HIGHER_PRIORITY, now);
        }
        if (byPriority == 0 && Election.winsTie(sender.address(), here.primaryAddress())) {
            return stepBack(here, received, TransitionReason.HIGHER_ADDRESS, now);
        }
        return contend(here, received, now);
    }

    /**
     * Deviation: an Active that is not heard gives way to one that is, whatever their priorities. Its own advertisements are
     * lost, and likely its answers to clients too, while both would announce the addresses for ever. It lets the other be as
     * after a hand-over, since the contention would only begin anew. An owner has nobody to give way to.
     */
    private Transition contend(Active here, AdvertisementReceived received, MonotonicInstant now) {
        Duration interval = received.advertisement().interval();
        Contention contention =
                Contention.heard(here.contention(), interval.multipliedBy(CONTENTION_PAUSE_INTERVALS), now);
        Duration patience = parameters.activeDownInterval(interval).multipliedBy(CONTENTION_ACTIVE_DOWN_INTERVALS);
        boolean unheard = contention.lasted().compareTo(patience) >= 0;
        if (!unheard || parameters.priority().isOwner()) {
            return contradict(here.withContention(contention), now);
        }
        return Transition.because(
                TransitionCause.ofPeer(TransitionReason.UNHEARD, Election.senderOf(received)),
                following(here, received, now).withPreemptionSuspended(true),
                ElectionAction.SEND_RESIGNATION,
                ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR);
    }

    /**
     * Answers a router that ought to step back. It has announced the addresses as its own, so the neighbours need to hear
     * again where they are.
     *
     * <p>Deviation: an advertisement that went out a moment ago is answer enough. Otherwise two routers of which each
     * believes to come first would answer each other as fast as the network carries it.
     */
    private Transition contradict(Active here, MonotonicInstant now) {
        if (now.since(here.lastAdvertised()).compareTo(moment()) < 0) {
            return Transition.quiet(here, ElectionAction.ANNOUNCE_ADDRESSES);
        }
        return Transition.quiet(here, ElectionAction.SEND_ADVERTISEMENT, ElectionAction.ANNOUNCE_ADDRESSES);
    }

    /**
     * Deviation: advertises once more before it gives the addresses up. The other one may have been Active all along behind
     * a broken link and not know that there were two; told so it announces the addresses again, and the neighbours that
     * believed this node come back to it at once instead of when their entries expire.
     */
    private Transition stepBack(
            Active here, AdvertisementReceived received, TransitionReason reason, MonotonicInstant now) {
        return Transition.because(
                TransitionCause.ofPeer(reason, Election.senderOf(received)),
                following(here, received, now),
                ElectionAction.SEND_ADVERTISEMENT,
                ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR);
    }

    private Transition handedOver(Active here, AdvertisementReceived received, MonotonicInstant now) {
        return Transition.because(
                TransitionCause.ofPeer(TransitionReason.HANDED_OVER, Election.senderOf(received)),
                following(here, received, now),
                ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR);
    }

    private Backup following(Active here, AdvertisementReceived received, MonotonicInstant now) {
        return new Backup(
                here.primaryAddress(),
                backup.accept(HeardActive.NONE, received, now),
                Optional.empty(),
                here.handOver().isPresent(),
                here.failures());
    }

    private Transition onTime(Active here, MonotonicInstant now) {
        if (here.handOver().isPresent()) {
            return onTimeResigning(here, here.handOver().get(), now);
        }
        if (!now.hasReached(here.advertiseDeadline())) {
            return Transition.quiet(here);
        }
        return Transition.quiet(
                here.withAdvertiseDeadline(now.plus(parameters.interval())), ElectionAction.SEND_ADVERTISEMENT);
    }

    private Transition onTimeResigning(Active here, HandOver handOver, MonotonicInstant now) {
        if (now.hasReached(handOver.deadline())) {
            return Transition.because(
                    TransitionCause.ofSilence(
                            TransitionReason.HAND_OVER_REFUSED, now.since(handOver.startedAt()), Optional.empty()),
                    here.withHandOver(Optional.empty()).withAdvertiseDeadline(now.plus(parameters.interval())),
                    ElectionAction.SEND_ADVERTISEMENT,
                    ElectionAction.RESUME_ANNOUNCEMENTS);
        }
        if (!now.hasReached(here.advertiseDeadline())) {
            return Transition.quiet(here);
        }
        HandOver repeated = new HandOver(handOver.startedAt(), handOver.deadline(), handOver.resignations() + 1);
        // A peer that starts its skew time anew with every copy must get the time to let it expire.
        Duration pause = parameters.interval().plus(moment());
        return Transition.quiet(
                here.withHandOver(Optional.of(repeated)).withAdvertiseDeadline(now.plus(pause)),
                ElectionAction.SEND_RESIGNATION);
    }

    /** Tells the peers at once, for one of them may now come first; not while resigning, when priority 0 is all that counts. */
    private Transition onPriority(Active here, MonotonicInstant now) {
        return here.handOver().isPresent()
                ? Transition.quiet(here)
                : Transition.quiet(
                        here.withAdvertiseDeadline(now.plus(parameters.interval())), ElectionAction.SEND_ADVERTISEMENT);
    }

    private Transition onHandOver(Active here, ElectionEvent.HandOverRequested request, MonotonicInstant now) {
        if (here.handOver().isPresent()) {
            return Transition.quiet(here);
        }
        HandOver handOver = new HandOver(now, now.plus(request.within()), 1);
        return Transition.because(
                TransitionCause.of(TransitionReason.HAND_OVER_STARTED),
                here.withHandOver(Optional.of(handOver)).withAdvertiseDeadline(now.plus(moment())),
                ElectionAction.HOLD_ANNOUNCEMENTS,
                ElectionAction.SEND_RESIGNATION);
    }

    private Duration moment() {
        return parameters.interval().dividedBy(PARTS_OF_INTERVAL);
    }

    private boolean isStalled(Active here, MonotonicInstant now) {
        int intervals = here.handOver().isPresent() ? STALL_INTERVALS_RESIGNING : STALL_INTERVALS;
        return silentFor(here, now, intervals);
    }

    private boolean silentFor(Active here, MonotonicInstant now, int intervals) {
        return now.since(here.lastAdvertised()).compareTo(parameters.interval().multipliedBy(intervals)) >= 0;
    }

    /**
     * Gives the addresses up without a word, since a peer may have taken over, and listens for one interval and skew: a
     * peer that did take over is heard within an interval, and a node alone is back before a whole active-down interval. It
     * asks for the addresses too, should that one advertisement get lost.
     */
    private Transition afterStall(Active here, ElectionEvent event, MonotonicInstant now) {
        Backup listening = listening(here, now);
        Transition stall = Transition.because(
                TransitionCause.ofSilence(TransitionReason.STALLED, now.since(here.lastAdvertised()), Optional.empty()),
                listening,
                ElectionAction.RELEASE_ADDRESSES,
                ElectionAction.PROBE_ADDRESSES);
        return stall.followedBy(backup.step(listening, event, now));
    }

    /**
     * The guard has resigned for this node already. One advertisement may have been on its way at that moment and hold the
     * peers back, so the farewell is said once more.
     */
    private Transition afterFence(Active here, String cause, MonotonicInstant now) {
        return Transition.because(
                new TransitionCause(
                        TransitionReason.FENCED,
                        Optional.of(now.since(here.lastAdvertised())),
                        Optional.empty(),
                        Optional.of(cause)),
                listening(here, now),
                ElectionAction.SEND_RESIGNATION,
                ElectionAction.RELEASE_ADDRESSES,
                ElectionAction.PROBE_ADDRESSES);
    }

    private Backup listening(Active here, MonotonicInstant now) {
        Duration interval = parameters.interval();
        ActiveWatch watch = new ActiveWatch(
                interval,
                now.plus(interval).plus(parameters.skew(interval)),
                now,
                HeardActive.NONE,
                TransitionReason.ACTIVE_DOWN_TIMER,
                true);
        return new Backup(
                here.primaryAddress(), watch, Optional.empty(), here.handOver().isPresent(), here.failures());
    }

    /**
     * A successor takes all members over: a farewell lets it do so at once even if it does not know that they are a group. One
     * that took over at the same time has done so, and is only told that there were two, as by {@link #stepBack}.
     */
    private Transition stepBackWithGroup(Active here, ElectionEvent.GroupSteppedBack group, MonotonicInstant now) {
        ActiveWatch watch = new ActiveWatch(
                parameters.interval(),
                group.downDeadline(),
                now,
                HeardActive.NONE,
                TransitionReason.ACTIVE_DOWN_TIMER,
                !group.toSuccessor());
        Backup next = new Backup(
                here.primaryAddress(),
                watch,
                Optional.empty(),
                group.handedOver() || here.handOver().isPresent(),
                here.failures());
        if (!group.toSuccessor()) {
            return Transition.because(
                    TransitionCause.ofMember(TransitionReason.SYNC_GROUP_BACKUP, group.member()),
                    next,
                    ElectionAction.RELEASE_ADDRESSES);
        }
        if (here.handOver().isPresent()) {
            return Transition.because(
                    TransitionCause.of(TransitionReason.HANDED_OVER),
                    next,
                    ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR);
        }
        return Transition.because(
                TransitionCause.ofMember(TransitionReason.SYNC_GROUP_BACKUP, group.member()),
                next,
                group.contested() ? ElectionAction.SEND_ADVERTISEMENT : ElectionAction.SEND_RESIGNATION,
                ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR);
    }

    private Transition onUnsent(Active here, String cause, MonotonicInstant now) {
        if (!silentFor(here, now, UNSENT_INTERVALS)) {
            return Transition.quiet(here);
        }
        return retryLater(
                here,
                new TransitionCause(
                        TransitionReason.CANNOT_ADVERTISE,
                        Optional.of(now.since(here.lastAdvertised())),
                        Optional.empty(),
                        Optional.of(cause)),
                now);
    }

    /** Steps down so that a peer takes over, and tries again after a pause that grows with each failure. */
    private Transition retryLater(Active here, TransitionCause cause, MonotonicInstant now) {
        int failures = here.failures() + 1;
        Fault fault = new Fault(
                new FaultCause(
                        cause.reason(), cause.detail().orElse(cause.reason().sentence())),
                Optional.of(here.primaryAddress()),
                Optional.of(now.plus(Election.retryPause(failures))),
                failures,
                here.handOver().isPresent());
        return Transition.because(cause, fault, ElectionAction.SEND_RESIGNATION, ElectionAction.RELEASE_ADDRESSES);
    }
}
