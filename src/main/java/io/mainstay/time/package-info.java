// SPDX-License-Identifier: Apache-2.0
/**
 * Monotonic time: the instant, the clock that gives it, and a table of named deadlines.
 *
 * <p>Pure but for the clock interface, whose production form lives in {@code kernel.linux}. Uses no other room. Wall-clock
 * time never enters a decision.
 */
@NullMarked
package io.mainstay.time;

import org.jspecify.annotations.NullMarked;
