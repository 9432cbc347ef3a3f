// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.TransitionCause;
import io.mainstay.election.TransitionReason;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.Severity;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Writes what the election decides and notices into the journal. Called by the election thread; never blocks. */
final class ElectionJournal implements ElectionListener {

    private final EventJournal journal;

    ElectionJournal(EventJournal journal) {
        this.journal = journal;
    }

    @Override
    public void onTransition(RouterTransition transition) {
        journal.append(draft(transition));
    }

    @Override
    public void onNotice(RouterNotice notice) {
        journal.append(draft(notice));
    }

    static EventDraft draft(RouterTransition transition) {
        TransitionCause cause = transition.cause();
        boolean moved = !transition.from().equals(transition.to());
        String what = moved ? transition.from() + " -> " + transition.to() : transition.to();
        String why = cause.reason().sentence()
                + cause.detail().map(detail -> ": " + detail).orElse("");
        EventDraft draft = new EventDraft(
                        severity(cause.reason()),
                        moved ? "transition" : "hand_over",
                        transition.router(),
                        what + ": " + why,
                        Map.of())
                .with("vrid", transition.vrid())
                .with("interface", transition.interfaceName())
                .with("reason", cause.reason().label())
                .with("priority", transition.effectivePriority());
        if (cause.silence().isPresent()) {
            draft = draft.with("silent", milliseconds(cause.silence().get()));
        }
        if (cause.peer().isPresent()) {
            draft = draft.with("peer", cause.peer().get().address())
                    .with("peer_priority", cause.peer().get().priority());
        }
        return draft;
    }

    private static Severity severity(TransitionReason reason) {
        if (reason.isFault()) {
            return Severity.ERROR;
        }
        return switch (reason) {
            case STALLED, FENCED, HAND_OVER_REFUSED -> Severity.WARNING;
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

    private static String milliseconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1fms", duration.toNanos() / 1e6);
    }
}
