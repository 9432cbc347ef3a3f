// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How the run of the daemon before this one ended, as far as its journal tells.
 *
 * @param orderly whether it said goodbye; otherwise it was killed, crashed, or lost its host
 * @param lastAlive when it showed its last sign of life: it ended then, or up to five seconds later
 * @param boot the kernel's boot in which it ran; empty if it did not say, or said so longer ago than is read of its journal
 */
public record PreviousRun(boolean orderly, Instant lastAlive, Optional<String> boot) {

    /** The field of the event {@link EventKind#STARTED} that names the boot. */
    public static final String BOOT = "boot";

    /**
     * Empty if there was no run that left an event.
     *
     * @param touched when its journal was changed last, if that is known
     */
    static Optional<PreviousRun> of(List<Event> events, Optional<Instant> touched) {
        if (events.isEmpty()) {
            return Optional.empty();
        }
        Event last = events.getLast();
        Optional<String> boot = events.reversed().stream()
                .filter(event -> event.kind().equals(EventKind.STARTED))
                .findFirst()
                .flatMap(event -> Optional.ofNullable(event.fields().get(BOOT)));
        Instant alive = touched.filter(last.time()::isBefore).orElse(last.time());
        return Optional.of(new PreviousRun(last.kind().equals(EventKind.STOPPED), alive, boot));
    }
}
