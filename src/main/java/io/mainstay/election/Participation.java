// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a virtual router may take part in its election at all: all that has to be right for that, put together. Belongs to
 * one thread.
 */
final class Participation {

    /** What follows from all of it. */
    sealed interface Verdict {

        /**
         * It has not started yet.
         *
         * @param reason what is waited for, for people
         */
        record NotYet(String reason) implements Verdict {}

        record No(FaultCause cause) implements Verdict {}

        record Yes(IpAddress primaryAddress) implements Verdict {}
    }

    private @Nullable MonotonicInstant delayEnd;
    private Optional<String> undecided = Optional.empty();
    private @Nullable IpAddress primaryAddress;
    private @Nullable FaultCause linkFault;
    private @Nullable FaultCause trackedFault;
    private Optional<FaultCause> groupFault = Optional.empty();
    private Optional<String> groupWait = Optional.empty();

    void delayUntil(MonotonicInstant instant) {
        delayEnd = instant;
    }

    /** When the start-up delay ends; empty once {@link #endDelay} has seen that. */
    Optional<MonotonicInstant> delayEnd() {
        return Optional.ofNullable(delayEnd);
    }

    /** Whether the start-up delay ends now. */
    boolean endDelay(MonotonicInstant now) {
        if (delayEnd == null || !now.hasReached(delayEnd)) {
            return false;
        }
        delayEnd = null;
        return true;
    }

    void onLinkUp(IpAddress primary) {
        primaryAddress = primary;
        linkFault = null;
    }

    void onLinkDown(FaultCause cause) {
        linkFault = cause;
    }

    void onTracked(Tracked tracked) {
        undecided = tracked.undecided();
        trackedFault = tracked.fault().orElse(null);
    }

    /**
     * What the other members of the sync group come to.
     *
     * @return whether that is news
     */
    boolean onGroup(Optional<FaultCause> fault, Optional<String> wait) {
        boolean news = !fault.equals(groupFault) || !wait.equals(groupWait);
        groupFault = fault;
        groupWait = wait;
        return news;
    }

    /** Whoever is stopped is not looked at any more. */
    void onShutdown() {
        primaryAddress = null;
        linkFault = null;
    }

    Verdict verdict() {
        Verdict own = ownVerdict();
        if (!(own instanceof Verdict.Yes)) {
            return own;
        }
        if (groupWait.isPresent()) {
            return new Verdict.NotYet(groupWait.get());
        }
        return groupFault.<Verdict>map(Verdict.No::new).orElse(own);
    }

    /** As {@link #verdict}, but for the sync group. The interface comes first: while it is gone, nothing else is worth telling. */
    Verdict ownVerdict() {
        if (delayEnd != null) {
            return new Verdict.NotYet("the end of the start-up delay");
        }
        if (undecided.isPresent()) {
            return new Verdict.NotYet(undecided.get());
        }
        if (linkFault != null) {
            return new Verdict.No(linkFault);
        }
        if (primaryAddress == null) {
            return new Verdict.NotYet("a first look at the interface");
        }
        return trackedFault == null ? new Verdict.Yes(primaryAddress) : new Verdict.No(trackedFault);
    }
}
