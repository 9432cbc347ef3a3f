// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The daemon ended while it was Active, and could not say so.
 *
 * @param router the virtual router
 * @param next the start of the next run; empty if there is none yet
 */
record BrokenOff(String router, String node, Optional<Event> next) implements Chapter {

    private boolean rebooted() {
        return next.filter(event -> Values.text(event, "rebooted").equals("true"))
                .isPresent();
    }

    @Override
    public String headline() {
        return router + " left " + node + ": "
                + (rebooted() ? "its host went down without a farewell" : "its daemon ended without a farewell");
    }

    @Override
    public List<String> why() {
        List<String> why = new ArrayList<>();
        why.add("The journal breaks off while this node was Active. It ended within five seconds after its last sign of"
                + " life, which is the time of this story.");
        why.add(
                rebooted()
                        ? "The host has booted since: power, kernel, or somebody who rebooted it. Its own logs say more"
                                + " (journalctl --boot -1)."
                        : "Killed (kill -9, out of memory) or crashed. The log of the guard has the signal or the exit"
                                + " status (journalctl --unit mainstay).");
        if (next.isEmpty()) {
            why.add("No daemon runs here now: start it (systemctl start mainstay).");
        }
        return why;
    }

    @Override
    public List<String> clients() {
        return List.of(
                "If the guard lived on, it took the addresses away and resigned: another node needs its skew time from"
                        + " there. If the whole host was lost, another node needs about three intervals.",
                "`mainstay explain` on the new Active tells how long it took.",
                "Connections that were relayed here are lost: clients have to connect anew.");
    }

    @Override
    public Optional<Duration> clientsAtMost() {
        return Optional.empty();
    }
}
