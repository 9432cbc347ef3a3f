// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A backend as the choice sees it. Belongs to one {@link BackendPool} and shares its thread rule.
 *
 * @param <B> what the owner of the pool calls a backend
 */
public final class Candidate<B> {

    /** The whole of a share, in percent. */
    static final int WHOLE = 100;

    private final B backend;
    private BackendConfig config;
    private final PeakEwma latency = new PeakEwma();
    private Standing standing = Standing.OUT;
    private int active;
    private int wantedPercent = WHOLE;
    private int wantedLimit;
    private @Nullable SlowStart slowStart;
    private int effectiveWeight;
    private boolean inTier;
    private boolean member = true;

    /** How far it is behind its share; see {@link Turns}. */
    long credit;

    /** Stands for it in a hashed choice; see {@link BalanceRule#onMembers}. */
    long idHash;

    /** Whether it is left out of the choice that is being made. */
    boolean leftOut;

    Candidate(B backend, BackendConfig config) {
        this.backend = backend;
        this.config = config;
        weigh(WHOLE);
    }

    public B backend() {
        return backend;
    }

    /** What stands for the backend in every hash. */
    String id() {
        return config.name();
    }

    boolean isBackup() {
        return config.backup();
    }

    int configuredWeight() {
        return config.weight();
    }

    /** Connections that it has now. */
    public int active() {
        return active;
    }

    public Standing standing() {
        return standing;
    }

    /** Its share now against the other backends, in hundredths of the configured weight. */
    public int effectiveWeight() {
        return effectiveWeight;
    }

    /** Its share now, in percent of the configured one. */
    public int sharePercent() {
        return config.weight() == 0 ? 0 : effectiveWeight / config.weight();
    }

    /** How many connections it gets at the same time; 0: any number. */
    public int limit() {
        if (config.maxConnections() == 0 || wantedLimit == 0) {
            return Math.max(config.maxConnections(), wantedLimit);
        }
        return Math.min(config.maxConnections(), wantedLimit);
    }

    /** Whether it may get one connection more. */
    boolean hasRoom() {
        int limit = limit();
        return limit == 0 || active < limit;
    }

    /** Whether new connections go to it, full or not. */
    public boolean isServing() {
        return inTier && effectiveWeight > 0;
    }

    /** Whether it is among those of the pool: one that was taken out may have connections for long. */
    boolean isMember() {
        return member;
    }

    void setMember(boolean nowMember) {
        member = nowMember;
    }

    /** Whether the choice that is being made may fall on it. */
    boolean isOpen() {
        return isServing() && !leftOut && hasRoom();
    }

    /** Whether a client that it has already may be given to it although it is being emptied. */
    boolean isFinishing() {
        return standing == Standing.DRAINING || (standing == Standing.HEALTHY && effectiveWeight == 0);
    }

    void configure(BackendConfig newConfig) {
        config = newConfig;
        weigh(WHOLE);
    }

    void setStanding(Standing newStanding) {
        standing = newStanding;
    }

    /** A backend that comes back starts level with the others: it neither catches up nor waits for what it missed. */
    void setInTier(boolean nowInTier) {
        if (nowInTier && !inTier) {
            credit = 0;
        }
        inTier = nowInTier;
    }

    void setWanted(int percent, int limit) {
        wantedPercent = percent;
        wantedLimit = limit;
        weigh(WHOLE);
    }

    void startSlowly(SlowStart start) {
        slowStart = start;
    }

    /** Takes the time in; whether its share is still growing. */
    boolean grow(MonotonicInstant now) {
        SlowStart start = slowStart;
        if (start == null) {
            return false;
        }
        int percent = start.percent(now);
        if (percent == WHOLE) {
            slowStart = null;
        }
        weigh(percent);
        return slowStart != null;
    }

    /** No share becomes nothing by being cut down: what has weight stays in the game. */
    private void weigh(int percent) {
        long whole = (long) config.weight() * wantedPercent;
        effectiveWeight = whole == 0 ? 0 : (int) Math.max(1, whole * percent / WHOLE);
    }

    /** Counts a connection that was given to it. */
    public void connectionStarted() {
        active++;
    }

    /** Counts a connection that it had and that is over. */
    public void connectionEnded() {
        if (active == 0) {
            throw new AssertionError("connection ended on a backend without any: " + backend);
        }
        active--;
    }

    /** Takes in how long it took to answer a client. */
    public void answered(Duration after, MonotonicInstant now) {
        latency.observe(after, now);
    }

    /** How long it takes to answer, as far as that is known; zero: not known. */
    public Duration latency(MonotonicInstant now) {
        return latency.estimate(now);
    }

    /**
     * What one connection more would cost here, in nanoseconds for each part of the share.
     *
     * @param unmeasured the cost of a second connection to a backend of which nothing is known; the first is free
     */
    double cost(MonotonicInstant now, double unmeasured) {
        if (latency.isUnknown()) {
            return active == 0 ? 0 : unmeasured * (active + 1) / effectiveWeight;
        }
        return latency.nanosAt(now) * (active + 1) / effectiveWeight;
    }

    /** Whether it is less busy than the other for its share: active / weight compared without dividing. */
    boolean isLessBusyThan(Candidate<B> other) {
        return (long) active * other.effectiveWeight < (long) other.active * effectiveWeight;
    }

    boolean isAsBusyAs(Candidate<B> other) {
        return (long) active * other.effectiveWeight == (long) other.active * effectiveWeight;
    }
}
