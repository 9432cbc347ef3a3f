// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * Which connections leave a record when they end.
 *
 * @param keep which of them
 * @param oneIn of how many of these one record is kept, chosen at random; 1: each
 */
public record RecordConfig(Keep keep, int oneIn) {

    public static final RecordConfig NONE = new RecordConfig(Keep.NONE, 1);

    /** Which connections. */
    public enum Keep {
        NONE,
        /** Those that did not end by the will of both sides. */
        FAILED,
        ALL
    }

    public RecordConfig {
        if (oneIn < 1) {
            throw new IllegalArgumentException("one record in: " + oneIn + " (expected: 1 or more)");
        }
    }
}
