// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The outcome of one step.
 *
 * @param next the state after it
 * @param actions what to do, in this order
 * @param cause present if there is something to tell: the kind of state changed, or a hand-over began or ended
 */
public record Transition(ElectionState next, List<ElectionAction> actions, Optional<TransitionCause> cause) {

    public Transition {
        actions = List.copyOf(actions);
    }

    static Transition quiet(ElectionState next, ElectionAction... actions) {
        return new Transition(next, List.of(actions), Optional.empty());
    }

    static Transition because(TransitionCause cause, ElectionState next, ElectionAction... actions) {
        return new Transition(next, List.of(actions), Optional.of(cause));
    }

    /** This step followed by another one that has nothing to tell beyond this one's cause. */
    Transition followedBy(Transition second) {
        List<ElectionAction> both =
                Stream.concat(actions.stream(), second.actions.stream()).toList();
        return new Transition(second.next, both, cause.or(second::cause));
    }
}
