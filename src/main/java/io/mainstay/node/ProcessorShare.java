// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.linux.ThreadScheduling;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;

/**
 * The share that the daemon's ordinary threads have of a busy machine. The election may wait for a lock that any of them holds,
 * so they come before other programs, all alike, lest one keeps another from running. Those that relay are ordinary programs:
 * before the kernel's own threads, which bring them packets, and before the ends of the connections, where those share the machine,
 * they would be woken for each packet alone instead of for many together.
 */
final class ProcessorShare {

    /** About ten times the share of an ordinary process: the host is there for what this one does. */
    private static final int FAVOURED_NICE = -10;

    private static final int ORDINARY_NICE = 0;

    private ProcessorShare() {}

    /** Favours all threads that there are, and those that they start. */
    static void favour(EventJournal journal) {
        ThreadScheduling.favour(FAVOURED_NICE)
                .ifPresent(reason -> journal.append(EventDraft.warning(
                        "not_favoured",
                        "node",
                        "locks that the election waits for are held longer on a busy host: " + reason)));
    }

    /** The calling thread is favoured no more. */
    static void takeOrdinary() {
        // Nobody is refused a smaller share.
        var unused = ThreadScheduling.share(ORDINARY_NICE);
    }
}
