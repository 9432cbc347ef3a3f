// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.probe.ProbeOutcome;

/**
 * A check that somebody asked for.
 *
 * @param check what was tried, such as {@code http GET /health}
 * @param outcome what came of it
 */
public record CheckRun(String check, ProbeOutcome outcome) {}
