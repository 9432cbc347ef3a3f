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

    /** {@code true}, {@code false}, or empty: nobody knows. */
    private String rebooted() {
        return next.map(event -> Values.text(event, "rebooted")).orElse("false");
    }

    @Override
    public String headline() {
        return router + " left " + node + ": "
                + switch (rebooted()) {
                    case "true" -> "its host went down without a farewell";
                    case "false" -> "its daemon ended without a farewell";
                    default -> "its daemon or its host went down without a farewell";
                };
    }

    @Override
    public List<String> why() {
        List<String> why = new ArrayList<>();
        why.add("The journal breaks off while this node was Active. It ended within five seconds after its last sign of"
                + " life, which is the time of this story.");
        String rebooted = rebooted();
        if (!rebooted.equals("false")) {
            why.add((rebooted.equals("true") ? "The host has booted since: " : "Perhaps the host has booted since: ")
                    + "power, kernel, or somebody who rebooted it. Its own logs say more (journalctl --boot -1).");
        }
        if (!rebooted.equals("true")) {
            why.add("Killed (kill -9, out of memory) or crashed. The log of the guard has the signal or the exit status"
                    + " (journalctl --unit mainstay).");
        }
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
