// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * What is done when too few backends are healthy. Backends of the backup tier do not count as healthy ones.
 *
 * @param minHealthy how many healthy backends, or what share of them, the service needs
 * @param onPanic what is done below that
 */
public record PanicConfig(MinHealthy minHealthy, OnPanic onPanic) {

    public static final PanicConfig DEFAULT = new PanicConfig(new MinHealthy(1, false), OnPanic.BACKUP);

    /** What is done when too few backends are healthy. */
    public enum OnPanic {
        /** New connections are refused: the few that are left are not to be overrun. */
        FAIL,
        /** The backups serve, or without a healthy one the backends that are left. */
        BACKUP,
        /**
         * The backups serve, or without a healthy one every backend whatever its checks say: that all are ill at the same
         * time is less likely than that the check is.
         */
        ALL
    }

    /**
     * How many healthy backends a service needs.
     *
     * @param amount a number of backends, or a percentage of those that the operator wants to serve
     * @param percent which of the two it is
     */
    public record MinHealthy(int amount, boolean percent) {

        public MinHealthy {
            if (amount < 1 || (percent && amount > 100)) {
                throw new IllegalArgumentException("healthy backends: " + amount
                        + (percent ? "% (expected: 1%..100%)" : " (expected: 1 or more)"));
            }
        }

        /** The number that is needed of {@code wanted} backends; at least one. */
        int of(int wanted) {
            return percent ? Math.max(1, Math.ceilDiv(amount * wanted, 100)) : amount;
        }
    }
}
