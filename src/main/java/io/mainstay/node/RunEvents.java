// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.PreviousRun;
import io.mainstay.observe.ProductVersion;
import java.util.Optional;

/** What the journal says about the beginning and the end of a run of the daemon. */
final class RunEvents {

    private static final String SUBJECT = "node";

    private RunEvents() {}

    /**
     * The daemon starts.
     *
     * @param before how its last run ended, if there was one
     * @param boot the boot of the host, if the kernel names it
     */
    static EventDraft started(MainstayConfig config, Optional<PreviousRun> before, Optional<String> boot) {
        String starts = "mainstayd " + ProductVersion.current() + " starts";
        Optional<PreviousRun> brokenOff = before.filter(run -> !run.orderly());
        EventDraft draft = brokenOff
                .map(run -> EventDraft.warning(EventKind.STARTED, SUBJECT, starts + "; " + end(run, boot)))
                .orElse(EventDraft.info(EventKind.STARTED, SUBJECT, starts))
                .with("node", config.node().name())
                .with("virtual_routers", config.virtualRouters().size())
                .with("services", config.services().size())
                .with("socket", config.control().socket())
                .with("previous_run", before.isEmpty() ? "none" : brokenOff.isPresent() ? "broke_off" : "stopped");
        if (before.isPresent()) {
            draft = draft.with("previous_alive", before.get().lastAlive())
                    .with("rebooted", rebooted(before.get(), boot));
        }
        return boot.isPresent() ? draft.with(PreviousRun.BOOT, boot.get()) : draft;
    }

    private static String end(PreviousRun run, Optional<String> boot) {
        return "its last run broke off without a farewell"
                + (rebooted(run, boot) ? ", and the host has booted since" : ": it was killed or crashed");
    }

    private static boolean rebooted(PreviousRun run, Optional<String> boot) {
        return boot.isPresent() && run.boot().isPresent() && !boot.equals(run.boot());
    }

    /** Somebody asked the daemon to stop. */
    static EventDraft stopping() {
        return EventDraft.info(
                EventKind.STOPPING, SUBJECT, "asked to stop: handing over, then giving up the addresses");
    }

    /** The last event of a run that did not break off. */
    static EventDraft stopped() {
        return EventDraft.info(EventKind.STOPPED, SUBJECT, "everything is given up, mainstayd ends");
    }
}
