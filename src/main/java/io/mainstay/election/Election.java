// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.ElectionEvent.AdvertisementReceived;
import io.mainstay.election.ElectionState.Active;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.ElectionState.Fault;
import io.mainstay.election.ElectionState.Initialize;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;

/**
 * The election of RFC 9568 §6, with what Mainstay does beyond it: hand-over without a gap, the check after a stall, faults
 * with retry, and the preempt delay.
 *
 * <p>Each event is judged by the rules of the state; an early or extra {@link ElectionEvent.TimePassed} changes nothing.
 * Safe for use by several threads, as it has no state of its own.
 */
public final class Election implements ElectionRules {

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private final ElectionParameters parameters;
    private final BackupRules backup;
    private final ActiveRules active;

    public Election(ElectionParameters parameters) {
        this.parameters = parameters;
        backup = new BackupRules(parameters);
        active = new ActiveRules(parameters, backup);
    }

    @Override
    public Transition step(ElectionState state, ElectionEvent event, MonotonicInstant now) {
        return switch (state) {
            case Initialize initialize -> inInitialize(initialize, event, now);
            case Backup here -> backup.step(here, event, now);
            case Active here -> active.step(here, event, now);
            case Fault here -> inFault(here, event, now);
        };
    }

    private Transition inInitialize(Initialize here, ElectionEvent event, MonotonicInstant now) {
        return switch (event) {
            case ElectionEvent.CanTakePart up -> {
                TransitionReason reason =
                        parameters.priority().isOwner() ? TransitionReason.OWNER_STARTED : TransitionReason.STARTED;
                yield start(up.primaryAddress(), 0, false, reason, now);
            }
            case ElectionEvent.CannotTakePart down ->
                Transition.because(TransitionCause.ofFault(down.cause()), Fault.untilEnded(down.cause(), 0, false));
            case ElectionEvent.PriorityChanged ignored -> Transition.quiet(here);
            case ElectionEvent.Shutdown ignored -> Transition.quiet(here);
            case ElectionEvent.TimePassed ignored -> Transition.quiet(here);
            case ElectionEvent.AdvertisementReceived ignored -> Transition.quiet(here);
            case ElectionEvent.AdvertisementSent ignored -> Transition.quiet(here);
            case ElectionEvent.AdvertisementFailed ignored -> Transition.quiet(here);
            case ElectionEvent.AddressClaimed ignored -> Transition.quiet(here);
            case ElectionEvent.AddressesHeld ignored -> Transition.quiet(here);
            case ElectionEvent.AddressesUnavailable ignored -> Transition.quiet(here);
            case ElectionEvent.HandOverRequested ignored -> Transition.quiet(here);
            case ElectionEvent.PreemptionResumed ignored -> Transition.quiet(here);
            case ElectionEvent.Fenced ignored -> Transition.quiet(here);
            case ElectionEvent.GroupTookOver ignored -> Transition.quiet(here);
            case ElectionEvent.GroupSteppedBack ignored -> Transition.quiet(here);
            case ElectionEvent.GroupFollows ignored -> Transition.quiet(here);
        };
    }

    private Transition inFault(Fault here, ElectionEvent event, MonotonicInstant now) {
        return switch (event) {
            case ElectionEvent.CanTakePart up -> {
                if (here.retryDeadline().isPresent()) {
                    yield Transition.quiet(here.withPrimaryAddress(up.primaryAddress()));
                }
                yield start(
                        up.primaryAddress(),
                        here.failures(),
                        here.preemptionSuspended(),
                        here.cause().reason().recovery(),
                        now);
            }
            case ElectionEvent.CannotTakePart down -> {
                if (down.cause().equals(here.cause())) {
                    yield Transition.quiet(here);
                }
                yield Transition.because(
                        TransitionCause.ofFault(down.cause()),
                        Fault.untilEnded(down.cause(), here.failures(), here.preemptionSuspended()));
            }
            case ElectionEvent.PriorityChanged ignored -> Transition.quiet(here);
            case ElectionEvent.TimePassed ignored -> {
                if (here.retryDeadline().isEmpty()
                        || here.primaryAddress().isEmpty()
                        || !now.hasReached(here.retryDeadline().get())) {
                    yield Transition.quiet(here);
                }
                yield start(
                        here.primaryAddress().get(),
                        here.failures(),
                        here.preemptionSuspended(),
                        TransitionReason.RETRY,
                        now);
            }
            case ElectionEvent.PreemptionResumed ignored -> Transition.quiet(here.withoutSuspension());
            case ElectionEvent.Fenced ignored -> Transition.quiet(here);
            case ElectionEvent.GroupTookOver ignored -> Transition.quiet(here);
            case ElectionEvent.GroupSteppedBack ignored -> Transition.quiet(here);
            case ElectionEvent.GroupFollows ignored -> Transition.quiet(here);
            case ElectionEvent.Shutdown ignored ->
                Transition.because(TransitionCause.of(TransitionReason.SHUTDOWN), new Initialize());
            case ElectionEvent.AdvertisementReceived ignored -> Transition.quiet(here);
            case ElectionEvent.AdvertisementSent ignored -> Transition.quiet(here);
            case ElectionEvent.AdvertisementFailed ignored -> Transition.quiet(here);
            case ElectionEvent.AddressClaimed ignored -> Transition.quiet(here);
            case ElectionEvent.AddressesHeld ignored -> Transition.quiet(here);
            case ElectionEvent.AddressesUnavailable ignored -> Transition.quiet(here);
            case ElectionEvent.HandOverRequested ignored -> Transition.quiet(here);
        };
    }

    /** The Startup event of RFC 9568 §6.4.1; a node that handed over on request does not take back even as owner. */
    private Transition start(
            IpAddress primary,
            int failures,
            boolean preemptionSuspended,
            TransitionReason reason,
            MonotonicInstant now) {
        if (parameters.priority().isOwner() && !preemptionSuspended) {
            return Transition.because(
                    TransitionCause.of(reason),
                    becomeActive(parameters, primary, failures, now),
                    ElectionAction.SEND_ADVERTISEMENT,
                    ElectionAction.ACQUIRE_ADDRESSES);
        }
        Duration interval = parameters.interval();
        ActiveWatch watch = new ActiveWatch(
                interval,
                now.plus(parameters.activeDownInterval(interval)),
                now,
                HeardActive.NONE,
                TransitionReason.ACTIVE_DOWN_TIMER,
                false);
        return Transition.because(
                TransitionCause.of(reason),
                new Backup(primary, watch, Optional.empty(), preemptionSuspended, failures));
    }

    static Active becomeActive(ElectionParameters parameters, IpAddress primary, int failures, MonotonicInstant now) {
        return new Active(
                primary, now.plus(parameters.interval()), now, Optional.empty(), Optional.empty(), false, failures);
    }

    /** The pause before another try: 1 s, doubled by each failure in a row, at most 30 s. */
    static Duration retryPause(int failures) {
        Duration pause = FIRST_RETRY;
        for (int i = 1; i < failures && pause.compareTo(LONGEST_RETRY) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : pause;
    }

    /**
     * Whether the sender of an advertisement of equal priority comes first. Where a virtual router has both families only the
     * one of the primary address decides, so that two nodes cannot each give way over another one.
     */
    static boolean winsTie(IpAddress sender, IpAddress primaryAddress) {
        return sender.family() == primaryAddress.family() && sender.compareTo(primaryAddress) > 0;
    }

    static PeerRouter senderOf(AdvertisementReceived received) {
        return new PeerRouter(received.source(), received.advertisement().priority());
    }
}
