// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The process that gives the node's addresses up for it when the node cannot: because it was killed, is frozen, or its
 * election is stuck.
 *
 * <p>The node holds a lease, which it renews by {@link #arm} on every turn of its election loop. While the lease runs, the
 * guard leaves the node alone. Once it has run out, the guard takes it away, removes the addresses of the routers that the
 * node is {@linkplain #holding holding}, and sends their resignations. From then on the node is fenced: another node may be
 * Active, so this one sends no advertisement, adds no address and answers for none until it has stepped down to Backup and
 * {@linkplain #acknowledge acknowledged}.
 *
 * <p>A pause that is shorter than the lease costs nothing, yet at short intervals the peers would take over meanwhile. So the
 * guard also stands in for a node that holds its lease and is late with an advertisement ({@link #standInFrom}).
 *
 * <p>How a node keeps to this:
 *
 * <ul>
 *   <li>Before every advertisement and before adding an address it calls {@link #arm}; if that is refused, it steps down.
 *   <li>On becoming Active it calls {@link #holding} before it adds the first address, so that no address is ever held
 *       unguarded; on leaving it calls {@link #holding} after the last address is gone.
 *   <li>It still compares the time with its own last advertisement: after a stall of the whole machine it may wake, and renew,
 *       before the guard does.
 *   <li>An advertisement that was already on its way when the lease ran out may follow the guard's resignations and hold the
 *       peers back; a node that finds itself fenced therefore sends its own resignations once more.
 * </ul>
 *
 * <p>Used by the election thread alone, but for {@link #fenced}, which every thread may call.
 */
public interface Guard {

    /**
     * Renews the lease, or takes it on. Instants are those of {@link System#nanoTime}, which the guard reads as
     * CLOCK_MONOTONIC.
     *
     * @param deadline until when the node may speak; the guard may act from then on
     * @return whether the lease was granted; false: the node is fenced, and nothing has changed
     */
    boolean arm(MonotonicInstant deadline);

    /** Gives the lease back: the guard acts only on the end of the process until the next {@link #arm}. */
    void disarm();

    /**
     * Says which routers the node is Active for, in place of what was said before.
     *
     * @return for how many of them the guard has no room: it does not act for these
     */
    int holding(List<GuardedRouter> routers);

    /**
     * Says from when on the guard is to advertise for a router, unless the node says something else before. It repeats that
     * each interval, and leaves off when the router has been silent for so long that a peer may have taken over.
     *
     * @param number the router's ({@link GuardedRouter#number})
     * @param interval between two advertisements
     * @param overdue from when on; empty: not at all
     */
    void standInFrom(int number, Duration interval, Optional<MonotonicInstant> overdue);

    /** How often the guard has advertised for a router, and when last. */
    StoodIn stoodIn(int number);

    /** Why the node is fenced; empty if it is not. */
    Optional<Fence> fenced();

    /** Says that the node has stepped down and holds nothing any more; it may then {@link #arm} again. */
    void acknowledge();
}
