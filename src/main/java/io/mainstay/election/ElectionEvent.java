// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;

/** What can happen to a virtual router. */
public sealed interface ElectionEvent {

    /**
     * Nothing keeps this node from taking part; in Initialize and after a fault this is the Startup event of RFC 9568
     * §6.4.1.
     *
     * @param primaryAddress the address from which this node advertises
     */
    record CanTakePart(IpAddress primaryAddress) implements ElectionEvent {}

    /** Something keeps this node from taking part: the interface, what is tracked, or the sync group. */
    record CannotTakePart(FaultCause cause) implements ElectionEvent {}

    /**
     * The priority of this node is another one from now on; it is judged by the rules of the new one.
     *
     * @param before the priority until now
     */
    record PriorityChanged(Priority before) implements ElectionEvent {}

    /** An advertisement passed all checks of RFC 9568 §7.1 for this virtual router. */
    record AdvertisementReceived(Advertisement advertisement, IpAddress source) implements ElectionEvent {}

    /** Time has passed; whether a deadline was reached is for the election to see. */
    record TimePassed() implements ElectionEvent {}

    /**
     * An advertisement of this node went out: the one asked for last, or one that the guard sent in its place.
     *
     * @param at when
     */
    record AdvertisementSent(MonotonicInstant at) implements ElectionEvent {}

    /** The advertisement asked for last could not be sent. */
    record AdvertisementFailed(String cause) implements ElectionEvent {}

    /** Another host said that it has one of the addresses. */
    record AddressClaimed() implements ElectionEvent {}

    /** The addresses asked for are held and announced. */
    record AddressesHeld() implements ElectionEvent {}

    /** The addresses asked for could not be taken; what had been taken was given up again. */
    record AddressesUnavailable(String cause) implements ElectionEvent {}

    /**
     * The operator, or a node that is about to stop, wants a peer to take over.
     *
     * @param within how long to wait for a peer before serving on as before
     */
    record HandOverRequested(Duration within) implements ElectionEvent {}

    /** The operator allows preemption again after a hand-over. */
    record PreemptionResumed() implements ElectionEvent {}

    /**
     * The guard took the node's addresses away and resigned for it, since the node did not run in time.
     *
     * @param cause what the guard saw, for people
     */
    record Fenced(String cause) implements ElectionEvent {}

    /**
     * Another member of the sync group became Active.
     *
     * @param member its name
     */
    record GroupTookOver(String member) implements ElectionEvent {}

    /**
     * Another member of the sync group stepped back from Active to Backup.
     *
     * @param member its name
     * @param toSuccessor whether it did so for a router that it heard; otherwise it was silent for too long
     * @param downDeadline until when it waits for an Active
     * @param handedOver whether a peer was asked to take over
     * @param contested whether the successor took over at the same time as this node, from a third one
     */
    record GroupSteppedBack(
            String member, boolean toSuccessor, MonotonicInstant downDeadline, boolean handedOver, boolean contested)
            implements ElectionEvent {}

    /**
     * No Active was heard, but another member of the sync group still follows one.
     *
     * @param until when to look again
     */
    record GroupFollows(MonotonicInstant until) implements ElectionEvent {}

    /** The Shutdown event of RFC 9568 §6.4. */
    record Shutdown() implements ElectionEvent {}
}
