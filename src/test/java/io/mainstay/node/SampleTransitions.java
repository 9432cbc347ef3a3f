// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.ElectionState;
import io.mainstay.election.FaultCause;
import io.mainstay.election.HeardActive;
import io.mainstay.election.StateChange;
import io.mainstay.election.TransitionCause;
import io.mainstay.election.TransitionReason;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;

/** Transitions of the virtual router {@code web}, number 51 on eth0. */
final class SampleTransitions {

    private SampleTransitions() {}

    static RouterTransition transition(String from, String to, TransitionReason reason, int priority) {
        return transition(
                from, to, new TransitionCause(reason, Optional.empty(), Optional.empty(), Optional.empty()), priority);
    }

    static RouterTransition transition(String from, String to, TransitionCause cause, int priority) {
        return new RouterTransition(
                ElectionDriverBench.setup("web", "eth0", 51, 250, "198.18.0.200/24")
                        .config(),
                new StateChange(state(from), state(to), cause, new MonotonicInstant(1)),
                new Priority(priority));
    }

    private static ElectionState state(String label) {
        IpAddress own = IpAddress.parse("198.18.0.1");
        MonotonicInstant then = new MonotonicInstant(0);
        return switch (label) {
            case "ACTIVE" -> new ElectionState.Active(own, then, then, Optional.empty(), Optional.empty(), true, 0);
            case "BACKUP" ->
                new ElectionState.Backup(
                        own,
                        new ElectionState.ActiveWatch(
                                Duration.ofSeconds(1),
                                then,
                                then,
                                HeardActive.NONE,
                                TransitionReason.ACTIVE_DOWN_TIMER,
                                false),
                        Optional.empty(),
                        false,
                        0);
            case "FAULT" ->
                new ElectionState.Fault(
                        new FaultCause(TransitionReason.NO_CARRIER, "eth0"),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        false);
            default -> new ElectionState.Initialize();
        };
    }
}
