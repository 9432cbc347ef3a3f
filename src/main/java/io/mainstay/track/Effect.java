// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

/** What the state of a tracker means for its virtual router. */
public sealed interface Effect {

    /** While the tracker is down, the node cannot take part. */
    record Fault() implements Effect {}

    /**
     * The priority changes.
     *
     * @param weight negative: added while the tracker is down; positive: added while it is up
     */
    record Weight(int weight) implements Effect {

        /** As far as two priorities that are no owner's can be apart. */
        public static final int LARGEST = 253;

        public Weight {
            if (weight == 0 || Math.abs(weight) > LARGEST) {
                throw new IllegalArgumentException("weight: " + weight + " (expected: -253..-1 or 1..253)");
            }
        }
    }

    /** What is tracked tells by itself what is added to the priority, or that the node cannot take part. */
    record Stated() implements Effect {}
}
