// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import java.time.Duration;
import java.util.Optional;

/**
 * A reason with the inputs that led to it.
 *
 * @param reason why
 * @param silence how long the Active was not heard, or, for {@link TransitionReason#STALLED} and
 *     {@link TransitionReason#CANNOT_ADVERTISE}, how long this node did not advertise
 * @param peer the router whose advertisement decided, or that was the Active before
 * @param detail what else there is to say, for people
 */
public record TransitionCause(
        TransitionReason reason, Optional<Duration> silence, Optional<PeerRouter> peer, Optional<String> detail) {

    static TransitionCause of(TransitionReason reason) {
        return new TransitionCause(reason, Optional.empty(), Optional.empty(), Optional.empty());
    }

    static TransitionCause ofPeer(TransitionReason reason, PeerRouter peer) {
        return new TransitionCause(reason, Optional.empty(), Optional.of(peer), Optional.empty());
    }

    static TransitionCause ofSilence(TransitionReason reason, Duration silence, Optional<PeerRouter> peer) {
        return new TransitionCause(reason, Optional.of(silence), peer, Optional.empty());
    }

    /** @param member the member of the sync group that decided */
    static TransitionCause ofMember(TransitionReason reason, String member) {
        return new TransitionCause(reason, Optional.empty(), Optional.empty(), Optional.of(member));
    }

    /** The member of the sync group that decided, if this one only followed. */
    public Optional<String> member() {
        return switch (reason) {
            case SYNC_GROUP_ACTIVE, SYNC_GROUP_BACKUP -> detail;
            default -> Optional.empty();
        };
    }

    static TransitionCause ofFault(FaultCause fault) {
        return new TransitionCause(fault.reason(), Optional.empty(), Optional.empty(), Optional.of(fault.detail()));
    }
}
