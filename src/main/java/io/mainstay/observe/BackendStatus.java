// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One backend in a snapshot.
 *
 * @param name its name, unique within its service
 * @param address where it listens
 * @param state whether it gets connections
 * @param reason why it is in its state; empty until something is known
 * @param backup whether it serves only when too few of the others can
 * @param weight its configured share
 * @param sharePercent how much of that share it has now
 * @param maxConnections how many connections it gets at the same time; 0: any number
 * @param connectionsActive connections that live now
 * @param connectionsTotal connections given to it since the daemon started
 * @param bytesIn octets from clients to it since the daemon started
 * @param bytesOut octets from it to clients since the daemon started
 * @param packets null where the kernel engine has forwarded nothing, as the relay sees none
 * @param since when it entered the state, wall clock
 * @param drain how its drain stands; null unless it is {@link State#DRAINING}
 * @param lastCheck the last finished health check; null before the first
 * @param latency how long it takes, in the kernel engine; null if nothing was measured
 */
public record BackendStatus(
        String name,
        String address,
        State state,
        String reason,
        boolean backup,
        int weight,
        int sharePercent,
        int maxConnections,
        long connectionsActive,
        long connectionsTotal,
        long bytesIn,
        long bytesOut,
        @Nullable Packets packets,
        Instant since,
        @Nullable DrainProgress drain,
        @Nullable LastCheck lastCheck,
        @Nullable Latency latency) {

    /** Whether a backend gets connections. */
    public enum State {
        /** It gets new connections. */
        HEALTHY,
        /** Its health check fails; it gets no new connection. */
        UNHEALTHY,
        /** It gets no new connection and keeps those it has until the deadline. */
        DRAINING,
        /** An operator has taken it out; it gets no new connection. */
        MAINTENANCE
    }

    /**
     * How a drain stands.
     *
     * @param connectionsAtStart how many connections there were when it began
     * @param deadline when the rest of them will be reset, wall clock
     * @param expectedEnd when the last one will presumably be gone, wall clock
     * @param oldestSince when the oldest one began, wall clock; null if there is none, or nobody has looked yet
     * @param clientsMayReturn whether clients of the backend may open new ones until the deadline
     */
    public record DrainProgress(
            long connectionsAtStart,
            Instant deadline,
            Instant expectedEnd,
            @Nullable Instant oldestSince,
            boolean clientsMayReturn) {}

    /**
     * How long a backend took in the last one to two minutes.
     *
     * @param connect to accept a connection; null: none was measured
     * @param firstByte from the client's first data to its own; null: none was measured
     */
    public record Latency(
            @Nullable Quantiles connect, @Nullable Quantiles firstByte) {}

    /**
     * Of what was counted by powers of two.
     *
     * @param count how often it was measured
     * @param median half took no longer
     * @param p99 99 of 100 took no longer
     */
    public record Quantiles(long count, Duration median, Duration p99) {}

    /**
     * The outcome of one health check.
     *
     * @param at when it ended, wall clock
     * @param success whether it passed
     * @param duration how long it took
     * @param detail what was seen, for people, such as {@code connected} or {@code HTTP 503}
     */
    public record LastCheck(Instant at, boolean success, Duration duration, String detail) {}
}
