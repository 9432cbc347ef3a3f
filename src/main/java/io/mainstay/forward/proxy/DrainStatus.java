// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;

/**
 * A drain as it stands.
 *
 * @param atStart connections that were live when it started
 * @param live connections that are live now
 * @param remaining time until the rest is reset; zero once the deadline has passed
 */
public record DrainStatus(int atStart, int live, Duration remaining) {}
