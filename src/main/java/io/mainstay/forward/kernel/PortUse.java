// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

/**
 * How many of the ports that flows of a service leave from are taken, to the backend that has most.
 *
 * @param used flows to that backend, those that wait for an answer or were closed a moment ago among them
 * @param limit how many there can be: ports times source addresses
 * @param sources how many source addresses there are
 * @param backend name of the backend; empty if there is none
 */
public record PortUse(long used, long limit, int sources, String backend) {

    /** From there on an operator is warned. */
    static final int WARNING_PERCENT = 80;

    /** Below that, a warning that was given is taken back. */
    static final int RELIEF_PERCENT = 70;

    int percent() {
        return limit == 0 ? 0 : (int) (used * 100 / limit);
    }
}
