// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;

/**
 * The state of a virtual router (RFC 9568 §6.3) and what it may know in that state.
 *
 * <pre>
 * Initialize  to Backup, Active (owner), Fault
 * Backup      to Active, Fault, Initialize
 * Active      to Backup, Fault, Initialize
 * Fault       to Backup, Active (owner), Initialize, Fault (another cause)
 * </pre>
 */
public sealed interface ElectionState {

    /** When the election wants to look at the time again; empty: not before something else happens. */
    Optional<MonotonicInstant> nextDeadline();

    /** The word for people and machines: INITIALIZE, BACKUP, ACTIVE or FAULT. */
    String label();

    /** Takes no part, because it was not started yet or was stopped. */
    record Initialize() implements ElectionState {

        @Override
        public Optional<MonotonicInstant> nextDeadline() {
            return Optional.empty();
        }

        @Override
        public String label() {
            return "INITIALIZE";
        }
    }

    /**
     * Watches the Active, ready to take over.
     *
     * @param primaryAddress the address from which this node would advertise
     * @param watch what is known of the Active and when it counts as lost
     * @param preemptFrom until when an Active of lower priority is let be because of the preempt delay; empty: none was
     *     heard
     * @param preemptionSuspended whether this node handed over on request, or because it was not heard, and lets the new
     *     Active be, whatever its priority, until there is no Active or the operator asks
     * @param failures how often in a row this node became Active and could not serve
     */
    record Backup(
            IpAddress primaryAddress,
            ActiveWatch watch,
            Optional<MonotonicInstant> preemptFrom,
            boolean preemptionSuspended,
            int failures)
            implements ElectionState {

        Backup withPrimaryAddress(IpAddress address) {
            return new Backup(address, watch, preemptFrom, preemptionSuspended, failures);
        }

        Backup withWatch(ActiveWatch changed) {
            return new Backup(primaryAddress, changed, preemptFrom, preemptionSuspended, failures);
        }

        Backup withPreemptFrom(Optional<MonotonicInstant> instant) {
            return new Backup(primaryAddress, watch, instant, preemptionSuspended, failures);
        }

        Backup withPreemptionSuspended(boolean suspended) {
            return new Backup(primaryAddress, watch, preemptFrom, suspended, failures);
        }

        @Override
        public Optional<MonotonicInstant> nextDeadline() {
            return Optional.of(watch.downDeadline());
        }

        @Override
        public String label() {
            return "BACKUP";
        }
    }

    /**
     * Serves the addresses.
     *
     * @param primaryAddress the address from which this node advertises
     * @param advertiseDeadline when the next advertisement is due (Adver_Timer)
     * @param lastAdvertised when the last one went out, or when this node became Active
     * @param handOver present while a peer is asked to take over
     * @param contention present once another router has gone on as Active although this one comes first
     * @param addressesHeld whether the addresses asked for are held
     * @param failures how often in a row this node became Active and could not serve
     */
    record Active(
            IpAddress primaryAddress,
            MonotonicInstant advertiseDeadline,
            MonotonicInstant lastAdvertised,
            Optional<HandOver> handOver,
            Optional<Contention> contention,
            boolean addressesHeld,
            int failures)
            implements ElectionState {

        Active withPrimaryAddress(IpAddress address) {
            return new Active(
                    address, advertiseDeadline, lastAdvertised, handOver, contention, addressesHeld, failures);
        }

        Active withAdvertiseDeadline(MonotonicInstant deadline) {
            return new Active(primaryAddress, deadline, lastAdvertised, handOver, contention, addressesHeld, failures);
        }

        Active withHandOver(Optional<HandOver> changed) {
            return new Active(
                    primaryAddress, advertiseDeadline, lastAdvertised, changed, contention, addressesHeld, failures);
        }

        Active withContention(Contention changed) {
            return new Active(
                    primaryAddress,
                    advertiseDeadline,
                    lastAdvertised,
                    handOver,
                    Optional.of(changed),
                    addressesHeld,
                    failures);
        }

        Active withAddressesHeld() {
            return new Active(primaryAddress, advertiseDeadline, lastAdvertised, handOver, contention, true, failures);
        }

        /** An advertisement went out; behind held addresses that ends a row of failures. */
        Active advertisedAt(MonotonicInstant instant) {
            if (instant.isBefore(lastAdvertised)) {
                return this;
            }
            return new Active(
                    primaryAddress,
                    advertiseDeadline,
                    instant,
                    handOver,
                    contention,
                    addressesHeld,
                    addressesHeld ? 0 : failures);
        }

        /**
         * From when on the guard is to advertise for this node, should it not run: half an interval late, so that a node
         * that is merely slow speaks for itself, and the peers lose no more than that of their patience. Empty while a peer is asked to
         * take over.
         *
         * @param interval between two advertisements
         */
        Optional<MonotonicInstant> overdueFrom(Duration interval) {
            return handOver.isPresent()
                    ? Optional.empty()
                    : Optional.of(lastAdvertised.plus(interval).plus(interval.dividedBy(2)));
        }

        @Override
        public Optional<MonotonicInstant> nextDeadline() {
            return Optional.of(handOver.map(HandOver::deadline)
                    .map(deadline -> MonotonicInstant.earlierOf(deadline, advertiseDeadline))
                    .orElse(advertiseDeadline));
        }

        @Override
        public String label() {
            return "ACTIVE";
        }
    }

    /**
     * Cannot take part.
     *
     * @param cause why
     * @param primaryAddress the address from which this node would advertise; empty while something outside is the cause
     * @param retryDeadline when to try again; empty while only that can end the fault
     * @param failures how often in a row this node became Active and could not serve
     * @param preemptionSuspended as in {@link Backup}
     */
    record Fault(
            FaultCause cause,
            Optional<IpAddress> primaryAddress,
            Optional<MonotonicInstant> retryDeadline,
            int failures,
            boolean preemptionSuspended)
            implements ElectionState {

        static Fault untilEnded(FaultCause cause, int failures, boolean preemptionSuspended) {
            return new Fault(cause, Optional.empty(), Optional.empty(), failures, preemptionSuspended);
        }

        Fault withPrimaryAddress(IpAddress address) {
            return new Fault(cause, Optional.of(address), retryDeadline, failures, preemptionSuspended);
        }

        Fault withoutSuspension() {
            return new Fault(cause, primaryAddress, retryDeadline, failures, false);
        }

        @Override
        public Optional<MonotonicInstant> nextDeadline() {
            return retryDeadline;
        }

        @Override
        public String label() {
            return "FAULT";
        }
    }

    /**
     * What a Backup knows of the Active.
     *
     * @param interval the interval that the Active advertises (Active_Adver_Interval); its own until one was heard
     * @param downDeadline when this node takes over (Active_Down_Timer)
     * @param quietSince when an Active was last heard, or since when this node listens
     * @param active the router heard last as Active
     * @param onExpiry the reason it will be, should the deadline be reached
     * @param listenedAgain whether the deadline was already put off once because this node woke too late to judge
     */
    record ActiveWatch(
            Duration interval,
            MonotonicInstant downDeadline,
            MonotonicInstant quietSince,
            HeardActive active,
            TransitionReason onExpiry,
            boolean listenedAgain) {

        ActiveWatch withDownDeadline(MonotonicInstant deadline, TransitionReason reason) {
            return new ActiveWatch(interval, deadline, quietSince, active, reason, listenedAgain);
        }

        ActiveWatch listeningAgainUntil(MonotonicInstant deadline) {
            return new ActiveWatch(interval, deadline, quietSince, active, onExpiry, true);
        }

        ActiveWatch withActive(PeerRouter router, MonotonicInstant heardAt, TransitionReason reason) {
            return new ActiveWatch(interval, downDeadline, heardAt, active.heard(router), reason, listenedAgain);
        }
    }

    /**
     * A hand-over under way.
     *
     * @param startedAt when it was asked for
     * @param deadline when it counts as refused
     * @param resignations how many priority-0 advertisements were sent
     */
    record HandOver(MonotonicInstant startedAt, MonotonicInstant deadline, int resignations) {}

    /**
     * Another router goes on as Active although it ought to step back. On a sound link that ends with the next advertisement.
     *
     * @param since when it was first heard to do so
     * @param last when it was last heard to do so
     */
    record Contention(MonotonicInstant since, MonotonicInstant last) {

        /** It is heard now; after a longer pause than the given one it had stepped back meanwhile, and this is another one. */
        static Contention heard(Optional<Contention> before, Duration pause, MonotonicInstant now) {
            return before.filter(known -> now.since(known.last()).compareTo(pause) < 0)
                    .map(known -> new Contention(known.since(), now))
                    .orElse(new Contention(now, now));
        }

        Duration lasted() {
            return last.since(since);
        }
    }
}
