// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.time.MonotonicInstant;

/**
 * Something about a virtual router's state that is worth telling: it changed, or a hand-over began or was refused.
 *
 * @param from the state before
 * @param to the state after; of the same kind as {@code from} when only a hand-over began or ended
 * @param cause why
 * @param at when it was decided
 */
public record StateChange(ElectionState from, ElectionState to, TransitionCause cause, MonotonicInstant at) {}
