// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import java.time.Duration;

/**
 * How often a tracker looks, and how many results change its state.
 *
 * @param interval between the starts of two looks
 * @param failures how many failed looks in a row bring it down; at least 1
 * @param success how many good looks in a row bring it up again; at least 1
 */
public record Pace(Duration interval, int failures, int success) {}
