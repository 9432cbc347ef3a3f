// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.util.List;
import java.util.Optional;

/**
 * How the backends of a service are judged.
 *
 * @param checks every one of them must pass; at least one
 * @param agent how the agents of the backends are asked; empty: they have none
 * @param outliers when the connections of clients count too; empty: they do not
 * @param onDown what becomes of the live connections of a backend that its checks, or its agent, find down
 */
public record ServiceHealthConfig(
        List<HealthCheckConfig> checks,
        Optional<AgentCheckConfig> agent,
        Optional<OutlierConfig> outliers,
        OnDown onDown) {

    /** What becomes of the live connections of a backend that is found down. */
    public enum OnDown {
        /** They live on for as long as the backend lets them. */
        KEEP,
        /** They are reset, so that the clients come back and are served by another backend. */
        RESET
    }

    public ServiceHealthConfig {
        checks = List.copyOf(checks);
    }

    /** One check, and nothing else. */
    public static ServiceHealthConfig of(HealthCheckConfig check) {
        return new ServiceHealthConfig(List.of(check), Optional.empty(), Optional.empty(), OnDown.KEEP);
    }
}
