// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.time.MonotonicInstant;

/**
 * What the guard has said in the place of a router that was late.
 *
 * @param times how often it advertised since it started this process
 * @param last when it last did; without meaning while {@code times} is 0
 */
public record StoodIn(long times, MonotonicInstant last) {

    /** It never had to. */
    public static final StoodIn NEVER = new StoodIn(0, new MonotonicInstant(0));
}
