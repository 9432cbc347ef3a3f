// SPDX-License-Identifier: Apache-2.0
package io.mainstay.time;

/** The source of {@link MonotonicInstant}. May be called from any thread. */
@FunctionalInterface
public interface MonotonicClock {

    MonotonicInstant now();
}
