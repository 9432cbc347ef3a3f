// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.BackendState;
import io.mainstay.forward.proxy.DrainOutcome;
import io.mainstay.forward.proxy.ProxyEvent;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Writes what happens in the proxy engine into the journal. Called by its workers; never blocks. */
final class ProxyJournal implements Consumer<ProxyEvent> {

    private final EventJournal journal;

    ProxyJournal(EventJournal journal) {
        this.journal = journal;
    }

    @Override
    public void accept(ProxyEvent event) {
        journal.append(draft(event));
    }

    static EventDraft draft(ProxyEvent event) {
        return switch (event) {
            case ProxyEvent.BackendStateChanged changed ->
                new EventDraft(
                        changed.to() == BackendState.UNHEALTHY ? Severity.WARNING : Severity.INFO,
                        "backend_state",
                        changed.service() + "/" + changed.backend(),
                        (changed.from() == null ? "" : changed.from() + " -> ") + changed.to() + ": "
                                + changed.reason(),
                        Map.of());
            case ProxyEvent.AgentSaid said ->
                EventDraft.info("agent", said.service() + "/" + said.backend(), "its agent says: " + said.line());
            case ProxyEvent.DrainStarted started ->
                EventDraft.info(
                                "drain_started",
                                started.service() + "/" + started.backend(),
                                "draining " + started.live() + " connections, the rest is reset after "
                                        + seconds(started.timeout()))
                        .with("live", started.live());
            case ProxyEvent.DrainFinished finished -> finished(finished);
            case ProxyEvent.ServiceWithoutBackend without ->
                EventDraft.error(
                        EventKind.SERVICE_DOWN,
                        without.service(),
                        "no backend may take new connections, clients are reset: " + without.reason());
            case ProxyEvent.ServiceServedBy served -> servedBy(served);
            case ProxyEvent.ClientsRefused refused ->
                EventDraft.warning(
                                "clients_refused",
                                refused.service(),
                                refused.count() + " clients were refused: "
                                        + refused.reason().name().toLowerCase(Locale.ROOT))
                        .with("reason", refused.reason().name().toLowerCase(Locale.ROOT))
                        .with("count", refused.count());
            case ProxyEvent.AcceptFailing failing ->
                EventDraft.error(
                        "accept_failing", failing.service(), "new connections wait in the kernel: " + failing.reason());
        };
    }

    private static EventDraft servedBy(ProxyEvent.ServiceServedBy served) {
        String because = ": " + served.reason();
        return switch (served.tier()) {
            case HEALTHY ->
                EventDraft.info(
                        EventKind.SERVICE_UP, served.service(), "healthy backends take new connections" + because);
            case BACKUP -> panic(served, "too few backends are healthy, backups take new connections" + because);
            case ALL ->
                panic(
                        served,
                        "too few backends are healthy, all take new connections whatever their checks say" + because);
            case NONE -> throw new AssertionError("a service without backends is an event of its own");
        };
    }

    private static EventDraft panic(ProxyEvent.ServiceServedBy served, String sentence) {
        return new EventDraft(Severity.WARNING, "service_panic", served.service(), sentence, Map.of());
    }

    private static EventDraft finished(ProxyEvent.DrainFinished finished) {
        DrainOutcome outcome = finished.outcome();
        String how = outcome.cancelled() ? "drain cancelled" : "drained";
        return new EventDraft(
                        outcome.reset() > 0 ? Severity.WARNING : Severity.INFO,
                        "drain_finished",
                        finished.service() + "/" + finished.backend(),
                        how + " after " + seconds(outcome.duration()) + ": " + outcome.finishedThemselves()
                                + " connections ended by themselves, " + outcome.reset() + " were reset",
                        Map.of())
                .with("finished", outcome.finishedThemselves())
                .with("reset", outcome.reset());
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() / 1000.0 + "s";
    }
}
