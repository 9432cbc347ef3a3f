// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.track.TrackerConfig;

/** The programs of the operator that a configuration has the daemon run: hooks, tracked scripts, checks of backends. */
final class OperatorPrograms {

    private OperatorPrograms() {}

    /** Whether there is any, so that {@code mainstay-run} is needed. */
    static boolean anyIn(MainstayConfig config) {
        boolean ofRouters = config.virtualRouters().stream()
                .anyMatch(router -> !router.hooks().isEmpty()
                        || router.trackers().stream().anyMatch(TrackerConfig.ScriptTracker.class::isInstance));
        return ofRouters
                || config.services().stream()
                        .flatMap(service -> service.health().checks().stream())
                        .anyMatch(check -> check.probe() instanceof HealthCheckConfig.Exec);
    }
}
