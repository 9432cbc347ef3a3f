// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;
import java.time.Instant;

/**
 * The result of one health check.
 *
 * @param at when it ended, by the wall clock
 * @param success whether the backend passed
 * @param detail what was seen, such as {@code HTTP status 503 (expected: 200..399)}
 * @param duration how long it took
 */
public record CheckReport(Instant at, boolean success, String detail, Duration duration) {}
