// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;

/**
 * How a drain ended.
 *
 * @param finishedThemselves connections that ended by themselves before the deadline
 * @param reset connections that were reset at the deadline
 * @param cancelled whether a command ended the drain while connections were live
 * @param duration from the command to the end
 */
public record DrainOutcome(int finishedThemselves, int reset, boolean cancelled, Duration duration) {}
