// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.TransitionCause;
import io.mainstay.election.TransitionReason;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import java.util.function.Consumer;

/** Writes what the election decides and notices into the journal. Called by the election thread; never blocks. */
final class ElectionJournal implements ElectionListener {

    private final Consumer<EventDraft> journal;

    /** @param journal takes what is to be written and never blocks */
    ElectionJournal(Consumer<EventDraft> journal) {
        this.journal = journal;
    }

    @Override
    public void onTransition(RouterTransition transition) {
        journal.accept(draft(transition));
    }

    @Override
    public void onNotice(RouterNotice notice) {
        journal.accept(draft(notice));
    }

    @Override
    public void onFact(EventDraft fact) {
        journal.accept(fact);
    }

    static EventDraft draft(RouterTransition transition) {
        TransitionCause cause = transition.cause();
        boolean moved = !transition.from().equals(transition.to());
        String what = moved ? transition.from() + " -> " + transition.to() : transition.to();
        String why = cause.reason().sentence()
                + cause.detail().map(detail -> ": " + detail).orElse("");
        return new EventDraft(
                severity(cause.reason()),
                moved ? EventKind.TRANSITION : EventKind.HAND_OVER,
                transition.router(),
                what + ": " + why,
                TransitionInputs.of(transition));
    }

    private static Severity severity(TransitionReason reason) {
        if (reason.isFault()) {
            return Severity.ERROR;
        }
        return switch (reason) {
            case STALLED, FENCED, UNHEARD, HAND_OVER_REFUSED -> Severity.WARNING;
            default -> Severity.INFO;
        };
    }

    static EventDraft draft(RouterNotice notice) {
        return EventDraft.warning(
                        notice.label().replace('-', '_'),
                        notice.router().orElse(notice.interfaceName().value()),
                        notice.sentence())
                .with("interface", notice.interfaceName());
    }
}
