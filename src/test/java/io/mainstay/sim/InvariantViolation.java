// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

/** An invariant did not hold. */
final class InvariantViolation extends AssertionError {

    private static final long serialVersionUID = 1L;

    private final Invariant invariant;

    InvariantViolation(Invariant invariant, String detail) {
        super(invariant + ": " + detail);
        this.invariant = invariant;
    }

    Invariant invariant() {
        return invariant;
    }
}
