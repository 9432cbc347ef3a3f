// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.StateChange;
import io.mainstay.election.TransitionReason;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Who waits for the outcome of a hand-over of one virtual router. Belongs to the election thread. */
final class HandOverRequests {

    private final List<Request> waiting = new ArrayList<>();

    /**
     * One who asked.
     *
     * @param within how long a peer has to take over; empty: the default of the virtual router
     * @param askedAt when the election thread took the request up
     * @param result completed by the election thread
     */
    record Request(Optional<Duration> within, MonotonicInstant askedAt, CompletableFuture<HandOverResult> result) {

        void complete(HandOverResult.Outcome outcome, String detail, MonotonicInstant now) {
            result.complete(new HandOverResult(outcome, now.since(askedAt), detail));
        }
    }

    void add(Request request) {
        waiting.add(request);
    }

    /** Answers those who wait, if the change ends the hand-over. */
    void onStateChange(StateChange change) {
        TransitionReason reason = change.cause().reason();
        if (reason == TransitionReason.HAND_OVER_STARTED) {
            return;
        }
        HandOverResult.Outcome outcome = switch (reason) {
            case HANDED_OVER -> HandOverResult.Outcome.HANDED_OVER;
            case HAND_OVER_REFUSED -> HandOverResult.Outcome.REFUSED;
            default -> HandOverResult.Outcome.INTERRUPTED;
        };
        waiting.forEach(request -> request.complete(outcome, reason.sentence(), change.at()));
        waiting.clear();
    }
}
