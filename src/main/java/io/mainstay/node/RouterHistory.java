// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.StateChange;
import io.mainstay.election.TransitionCause;
import io.mainstay.election.TransitionReason;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;

/** What has become of one virtual router so far, for the status. Belongs to the election thread. */
final class RouterHistory {

    private TransitionCause lastCause =
            new TransitionCause(TransitionReason.STARTED, Optional.empty(), Optional.empty(), Optional.empty());
    private MonotonicInstant since;
    private long sent;
    private long unsent;
    private long received;
    private long transitions;
    private long stalls;

    RouterHistory(MonotonicInstant now) {
        since = now;
    }

    void onStateChange(StateChange change) {
        lastCause = change.cause();
        if (!change.from().label().equals(change.to().label())) {
            since = change.at();
            transitions++;
        }
        if (change.cause().reason() == TransitionReason.STALLED) {
            stalls++;
        }
    }

    void onSent(AdvertisementSender.Outcome outcome) {
        sent += outcome.sent();
        unsent += outcome.failures().size();
    }

    void onReceived() {
        received++;
    }

    /** Why it is in its state. */
    TransitionReason reason() {
        return lastCause.reason();
    }

    /** The same as a sentence, with the cause if it is a fault. */
    String explanation() {
        String sentence = lastCause.reason().sentence();
        return lastCause.detail().map(detail -> sentence + ": " + detail).orElse(sentence);
    }

    /** When it entered its state. */
    MonotonicInstant since() {
        return since;
    }

    ElectionSnapshot.Counters counters(long stoodIn, Duration conflictTime) {
        return new ElectionSnapshot.Counters(sent, unsent, stoodIn, received, transitions, stalls, conflictTime);
    }
}
