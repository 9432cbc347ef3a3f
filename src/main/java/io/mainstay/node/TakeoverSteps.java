// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static io.mainstay.node.JournalText.addresses;
import static io.mainstay.node.JournalText.milliseconds;

import io.mainstay.election.StateChange;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.takeover.TakeoverAction;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Times the steps by which a virtual router gains its addresses or gives them up, and tells them once they are all done.
 * Belongs to the election thread.
 */
final class TakeoverSteps {

    private enum Way {
        GAINING,
        GIVING_UP,
        NONE
    }

    private final String router;
    private final ElectionReports reports;

    private Way way = Way.NONE;
    private MonotonicInstant decided = new MonotonicInstant(0);
    private @Nullable Duration advertised;
    private @Nullable Duration announced;
    private @Nullable Duration services;
    private @Nullable Duration changed;
    private int addresses;
    private int failures;
    private boolean kept;

    TakeoverSteps(String router, ElectionReports reports) {
        this.router = router;
        this.reports = reports;
    }

    void onStateChange(StateChange change) {
        boolean was = isActive(change.from().label());
        boolean is = isActive(change.to().label());
        if (was != is) {
            way = is ? Way.GAINING : Way.GIVING_UP;
            decided = change.at();
            advertised = null;
            announced = null;
            services = null;
            changed = null;
            addresses = 0;
            failures = 0;
            kept = false;
        }
    }

    private static boolean isActive(String state) {
        return state.equals("ACTIVE");
    }

    void onAdvertised(MonotonicInstant now) {
        if (way == Way.GAINING && advertised == null) {
            advertised = now.since(decided);
        }
    }

    void onFailed() {
        failures++;
    }

    /** @param released whether nothing is held any more and nothing is left to do for that */
    void onDone(TakeoverAction action, boolean released, MonotonicInstant now) {
        Duration after = now.since(decided);
        switch (action) {
            case TakeoverAction.AddAddress ignored -> {
                addresses++;
                changed = after;
            }
            case TakeoverAction.RemoveAddress ignored -> {
                addresses++;
                changed = after;
            }
            case TakeoverAction.LeaveAddress ignored -> {}
            case TakeoverAction.Announce ignored -> announced = after;
            case TakeoverAction.Probe ignored -> {}
            case TakeoverAction.OpenServices ignored -> {
                services = after;
                if (way == Way.GAINING) {
                    tellServed(after);
                }
            }
            case TakeoverAction.CloseServices ignored -> services = after;
            case TakeoverAction.DrainServices ignored -> {
                services = after;
                kept = true;
            }
        }
        if (way == Way.GIVING_UP && released) {
            tellReleased(after);
        }
    }

    private void tellServed(Duration after) {
        EventDraft fact = EventDraft.info(
                EventKind.SERVED,
                router,
                addresses(addresses) + " taken and announced, services open " + milliseconds(after)
                        + " after the decision");
        fact = with(fact, "advertised", advertised);
        fact = with(fact, "addresses_added", changed);
        fact = with(fact, "announced", announced);
        tell(with(fact, "services_open", services));
    }

    private void tellReleased(Duration after) {
        EventDraft fact = EventDraft.info(
                EventKind.RELEASED,
                router,
                (kept ? "connections kept and " : "services closed and ") + addresses(addresses) + " removed "
                        + milliseconds(after) + " after the decision");
        fact = with(fact, "services_closed", services);
        tell(with(fact, "addresses_removed", changed));
    }

    private void tell(EventDraft fact) {
        way = Way.NONE;
        EventDraft counted = fact.with("addresses", addresses);
        reports.fact(failures == 0 ? counted : counted.with("failed_steps", failures));
    }

    private static EventDraft with(EventDraft fact, String name, @Nullable Duration after) {
        return after == null ? fact : fact.with(name, milliseconds(after));
    }
}
