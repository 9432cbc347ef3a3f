// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.observe.EventDraft;

/**
 * Is told what the election decides and notices.
 *
 * <p>Called by the election thread, which has to keep its deadlines: a listener must not block, not on a lock, a disk or a
 * full queue either. What it throws is counted in {@link ElectionSnapshot#listenerFailures} and otherwise ignored.
 */
public interface ElectionListener {

    void onTransition(RouterTransition transition);

    void onNotice(RouterNotice notice);

    /**
     * Something that belongs to the story of an election and changes no state: how long a step took, that a link came or
     * went, that this node did not run.
     */
    default void onFact(EventDraft fact) {}

    /** An Active holds its addresses and has announced them, and its services are open. */
    default void onServing(String router) {}
}
