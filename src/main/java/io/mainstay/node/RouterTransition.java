// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.StateChange;
import io.mainstay.election.TransitionCause;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;

/**
 * A virtual router changed its state, or a hand-over of it began or was refused.
 *
 * @param config the virtual router
 * @param change the state before, which holds the timers of the decision, and after; the reason
 * @param effectivePriority the priority with which this node took part
 */
public record RouterTransition(VirtualRouterConfig config, StateChange change, Priority effectivePriority) {

    /** The name of the virtual router. */
    public String router() {
        return config.name();
    }

    public VirtualRouterId vrid() {
        return config.vrid();
    }

    public InterfaceName interfaceName() {
        return config.interfaceName();
    }

    /** INITIALIZE, BACKUP, ACTIVE or FAULT. */
    public String from() {
        return change.from().label();
    }

    /** As {@link #from}, and the same when only a hand-over began or was refused. */
    public String to() {
        return change.to().label();
    }

    /** Why, with the inputs of the decision. */
    public TransitionCause cause() {
        return change.cause();
    }

    /** When it was decided. */
    public MonotonicInstant at() {
        return change.at();
    }
}
