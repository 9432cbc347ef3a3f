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
     * @param boot the boot of the host
     */
    static EventDraft started(MainstayConfig config, Optional<PreviousRun> before, HostBoot boot) {
        String starts = "mainstayd " + ProductVersion.current().number() + " starts";
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
            draft = draft.with("previous_alive", before.get().lastAlive());
            Optional<Boolean> rebooted = rebooted(before.get(), boot);
            if (rebooted.isPresent()) {
                draft = draft.with("rebooted", rebooted.get());
            }
        }
        return boot.id().isPresent() ? draft.with(PreviousRun.BOOT, boot.id().get()) : draft;
    }

    private static String end(PreviousRun run, HostBoot boot) {
        return "its last run broke off without a farewell"
                + rebooted(run, boot)
                        .map(rebooted -> rebooted ? ", and the host has booted since" : ": it was killed or crashed")
                        .orElse(": it was killed, crashed, or lost its host");
    }

    /**
     * Whether the host has booted since that run; empty if it cannot be told. The event that names the boot may have been
     * pushed out of what is read of the journal: then the time decides.
     */
    private static Optional<Boolean> rebooted(PreviousRun run, HostBoot boot) {
        if (boot.id().isPresent() && run.boot().isPresent()) {
            return Optional.of(!boot.id().equals(run.boot()));
        }
        return boot.at().map(run.lastAlive()::isBefore);
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
