// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.TransitionCause;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;

/**
 * A virtual router changed its state, or a hand-over of it began or was refused.
 *
 * @param router the name of the virtual router
 * @param from INITIALIZE, BACKUP, ACTIVE or FAULT
 * @param to as {@code from}, and the same when only a hand-over began or was refused
 * @param cause why, with the inputs of the decision
 * @param effectivePriority the priority with which this node took part
 * @param at when it was decided
 */
public record RouterTransition(
        String router,
        VirtualRouterId vrid,
        InterfaceName interfaceName,
        String from,
        String to,
        TransitionCause cause,
        Priority effectivePriority,
        MonotonicInstant at) {}
