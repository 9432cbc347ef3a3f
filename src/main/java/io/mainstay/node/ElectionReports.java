// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.observe.EventDraft;
import java.util.function.Consumer;

/** Passes reports to the listener and shields the election thread from what the listener throws. */
final class ElectionReports {

    private final ElectionListener listener;
    private long failures;
    private boolean transitioned;

    ElectionReports(ElectionListener listener) {
        this.listener = listener;
    }

    void transition(RouterTransition transition) {
        transitioned = true;
        tell(heard -> heard.onTransition(transition));
    }

    void notice(RouterNotice notice) {
        tell(heard -> heard.onNotice(notice));
    }

    void fact(EventDraft fact) {
        tell(heard -> heard.onFact(fact));
    }

    void serving(String router) {
        tell(heard -> heard.onServing(router));
    }

    long failures() {
        return failures;
    }

    /** Whether there was a transition since the last call. */
    boolean takeTransitioned() {
        boolean was = transitioned;
        transitioned = false;
        return was;
    }

    private void tell(Consumer<ElectionListener> report) {
        try {
            report.accept(listener);
        } catch (RuntimeException e) {
            // A journal that cannot be written must not cost the virtual address.
            failures++;
        }
    }
}
