// SPDX-License-Identifier: Apache-2.0
/**
 * Monotonic time: the instant, and the clock that gives it.
 *
 * <p>Pure but for the clock interface, whose production form lives in {@code kernel.linux}. Uses no other room. Wall-clock
 * time never enters a decision.
 */
@NullMarked
package io.mainstay.time;

import org.jspecify.annotations.NullMarked;
