// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long the connections of a virtual router live on after its addresses went to a successor: until the last has ended, or
 * a deadline has come. The successor is told again and again that they do, and sends their packets on until a while after it was
 * told last, so that a node that dies in between is not waited for.
 *
 * <p>The caller calls {@link #begin}, and then at each {@link #nextDeadline} looks what is due: {@link #takeLook},
 * {@link #takeNotice}, {@link #isOver}. Belongs to one thread.
 */
public final class ConnectionDrain {

    /** Between two times that the successor is told. */
    public static final Duration NOTICE_PAUSE = Duration.ofMillis(500);

    /** Between two looks at how many there are. */
    static final Duration LOOK_PAUSE = Duration.ofMillis(250);

    /** What the relay has ended may still have octets in the kernel that the client is yet to take. */
    static final Duration QUIET = Duration.ofSeconds(1);

    private final Duration timeout;
    private @Nullable MonotonicInstant deadline;
    private MonotonicInstant nextLook = new MonotonicInstant(0);
    private MonotonicInstant nextNotice = nextLook;
    private @Nullable MonotonicInstant emptyFrom;
    private int began;
    private int left;

    /** @param timeout how long connections may live on at most; zero: not at all */
    public ConnectionDrain(Duration timeout) {
        this.timeout = timeout;
    }

    public boolean isUnderWay() {
        return deadline != null;
    }

    /** The addresses are about to go to a successor. */
    public void begin(MonotonicInstant now) {
        deadline = now.plus(timeout);
        nextLook = now;
        nextNotice = now;
        emptyFrom = null;
        began = 0;
        left = 0;
    }

    /** It is over: the last connection has ended, the rest was reset, or the addresses are back. */
    public void end() {
        deadline = null;
    }

    /** Waits no longer. */
    public void hurry(MonotonicInstant now) {
        if (deadline != null) {
            deadline = MonotonicInstant.earlierOf(deadline, now);
        }
    }

    /** Whether it is to be looked how many connections there are; once for each look that is due. */
    public boolean takeLook(MonotonicInstant now) {
        if (deadline == null || !now.hasReached(nextLook)) {
            return false;
        }
        nextLook = now.plus(LOOK_PAUSE);
        return true;
    }

    /** Whether the successor is to be told; once for each notice that is due, and not if there are no connections. */
    public boolean takeNotice(MonotonicInstant now) {
        if (deadline == null || began == 0 || !now.hasReached(nextNotice)) {
            return false;
        }
        nextNotice = now.plus(NOTICE_PAUSE);
        return true;
    }

    /** So many connections live at present. */
    public void onLook(int connections, MonotonicInstant now) {
        began = Math.max(began, connections);
        left = connections;
        if (connections > 0) {
            emptyFrom = null;
        } else if (emptyFrom == null) {
            emptyFrom = began == 0 ? now : now.plus(QUIET);
        }
    }

    /** Whether it is to end now: the last connection has ended, or those that are left are to be reset. */
    public boolean isOver(MonotonicInstant now) {
        return deadline != null && (now.hasReached(deadline) || (emptyFrom != null && now.hasReached(emptyFrom)));
    }

    /** The most connections that were seen to live on. */
    public int began() {
        return began;
    }

    /** Those of the last look. */
    public int left() {
        return left;
    }

    /** How long the rest may live on; zero if it is not under way. */
    public Duration remaining(MonotonicInstant now) {
        if (deadline == null || now.hasReached(deadline)) {
            return Duration.ZERO;
        }
        return deadline.since(now);
    }

    /** When to look again what is due; empty if it is not under way. */
    public Optional<MonotonicInstant> nextDeadline() {
        if (deadline == null) {
            return Optional.empty();
        }
        MonotonicInstant next = MonotonicInstant.earlierOf(deadline, nextLook);
        if (began > 0) {
            next = MonotonicInstant.earlierOf(next, nextNotice);
        }
        return Optional.of(emptyFrom == null ? next : MonotonicInstant.earlierOf(next, emptyFrom));
    }
}
