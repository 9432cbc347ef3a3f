// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.time.MonotonicInstant;

/** How one state follows another: a function of state, event and time alone. */
@FunctionalInterface
public interface ElectionRules {

    /**
     * Judges one event.
     *
     * @param now the time at which the event is judged, never before that of an earlier step
     */
    Transition step(ElectionState state, ElectionEvent event, MonotonicInstant now);
}
