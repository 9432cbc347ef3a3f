// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.ElectionNotice;
import io.mainstay.election.StateChange;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.takeover.Takeover;
import io.mainstay.takeover.TakeoverNotice;
import io.mainstay.time.MonotonicClock;
import java.util.List;
import java.util.Optional;

/**
 * Tells what becomes of one virtual router, at once to the listeners and to those who asked for a hand-over, and later in the
 * snapshot. Belongs to the election thread.
 */
final class RouterReports {

    private final VirtualRouter election;
    private final Takeover takeover;
    private final TakeoverSteps steps;
    private final RouterDrain drain;
    private final RouterDetour detour;
    private final ElectionReports reports;
    private final MonotonicClock clock;
    private final RouterHistory history;
    private final HandOverRequests handOvers = new HandOverRequests();

    private List<String> unsentCauses = List.of();

    RouterReports(
            VirtualRouter election,
            Takeover takeover,
            TakeoverSteps steps,
            RouterDrain drain,
            RouterDetour detour,
            ElectionReports reports,
            MonotonicClock clock) {
        this.election = election;
        this.takeover = takeover;
        this.steps = steps;
        this.drain = drain;
        this.detour = detour;
        this.reports = reports;
        this.clock = clock;
        history = new RouterHistory(clock.now());
    }

    /** Tells what the election and the takeover have to say, and whether there was a change of state. */
    boolean tellAll() {
        boolean changed = false;
        StateChange change;
        while ((change = election.pollStateChange()) != null) {
            changed = true;
            onStateChange(change);
        }
        ElectionNotice peerNotice;
        while ((peerNotice = election.pollNotice()) != null) {
            notice(peerNotice.label(), peerNotice.sentence());
        }
        TakeoverNotice addressNotice;
        while ((addressNotice = takeover.pollNotice()) != null) {
            notice(addressNotice.label(), addressNotice.sentence());
        }
        return changed;
    }

    private void onStateChange(StateChange change) {
        history.onStateChange(change);
        reports.transition(new RouterTransition(election.config(), change, election.effectivePriority()));
        steps.onStateChange(change);
        handOvers.onStateChange(change);
        detour.onStateChange(change);
    }

    void notice(String label, String sentence) {
        VirtualRouterConfig config = election.config();
        reports.notice(
                new RouterNotice(Optional.of(config.name()), config.interfaceName(), label, sentence, clock.now()));
    }

    /** The addresses are held and the services are open. */
    void onServing() {
        reports.serving(election.config().name());
    }

    void onReceived() {
        history.onReceived();
    }

    /** Some of a message has gone out, or all of it. */
    void onSent(AdvertisementSender.Outcome outcome) {
        history.onSent(outcome);
        if (outcome.sent() > 0 && !outcome.failures().equals(unsentCauses)) {
            unsentCauses = outcome.failures();
            unsentCauses.forEach(
                    cause -> notice("advertisement-unsent", "advertisements do not go to every peer: " + cause));
        }
    }

    /** Somebody waits for the end of the hand-over that is about to begin. */
    void await(HandOverRequests.Request request) {
        handOvers.add(request);
    }

    /** @param stoodIn how often the guard has spoken in the place of the router */
    ElectionSnapshot.Router snapshot(long stoodIn) {
        VirtualRouterConfig config = election.config();
        return new ElectionSnapshot.Router(
                config.name(),
                config.vrid(),
                config.interfaceName(),
                election.state().label(),
                history.reason().label(),
                explanation(),
                history.since(),
                election.effectivePriority(),
                election.isHandingOver(),
                election.isPreemptionSuspended(),
                election.activeAddress(),
                election.activeInterval(),
                config.addresses(),
                takeover.held(),
                election.peerDifferences(clock.now()),
                history.counters(stoodIn, takeover.conflictTime()));
    }

    private String explanation() {
        String reason = election.waitsFor().map(what -> "waits for " + what).orElse(history.explanation());
        return drain.sentence().map(lives -> reason + "; " + lives).orElse(reason);
    }
}
