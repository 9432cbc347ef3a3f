// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * A backend as the choice sees it. Belongs to one {@link BackendPool} and shares its thread rule.
 *
 * @param <B> what the owner of the pool calls a backend
 */
public final class Candidate<B> {

    private final B backend;
    private int weight;
    private boolean eligible;
    private int active;

    /** How far it is behind its share; see {@link BackendPool#takeTurn}. */
    int credit;

    Candidate(B backend, int weight) {
        this.backend = backend;
        this.weight = weight;
    }

    public B backend() {
        return backend;
    }

    public int weight() {
        return weight;
    }

    public void setWeight(int newWeight) {
        weight = newWeight;
    }

    /** Connections that it has now. */
    public int active() {
        return active;
    }

    /** Whether a new connection may be given to it. */
    public boolean isEligible() {
        return eligible && weight > 0;
    }

    /** A backend that comes back starts level with the others: it neither catches up nor waits for what it missed. */
    public void setEligible(boolean eligible) {
        if (eligible && !this.eligible) {
            credit = 0;
        }
        this.eligible = eligible;
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

    /** Whether it is less busy than the other for its weight: active / weight compared without dividing. */
    boolean isLessBusyThan(Candidate<B> other) {
        return (long) active * other.weight < (long) other.active * weight;
    }

    boolean isAsBusyAs(Candidate<B> other) {
        return (long) active * other.weight == (long) other.active * weight;
    }
}
