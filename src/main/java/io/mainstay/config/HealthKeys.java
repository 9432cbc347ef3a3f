// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.ServiceHealthConfig.OnDown;

/** How the backends of a service are judged: by checks, agents and the connections of clients. */
final class HealthKeys {

    static final Key.Scalar<OnDown> ON_BACKEND_DOWN = Key.optional(
            "on_backend_down",
            ScalarTypes.word(OnDown.class),
            OnDown.KEEP,
            "What becomes of the live connections of a backend that its checks or its agent find down: keep lets them"
                    + " live on for as long as they can, reset ends them, so that clients come back and get another"
                    + " backend.");

    private HealthKeys() {}

    /** How the backends of a service in which no mistake was found are judged. */
    static ServiceHealthConfig read(WrittenSection service) {
        return new ServiceHealthConfig(
                CheckKeys.of(service).stream().map(CheckKeys::read).toList(),
                AgentKeys.read(service.section(AgentKeys.SECTION)),
                OutlierKeys.read(service.section(OutlierKeys.SECTION)),
                ConfigBuilder.get(service, ON_BACKEND_DOWN));
    }

    /** Writes out how the backends of a service are judged. */
    static void write(ServiceHealthConfig health, EffectiveConfig.Tree service) {
        service.putTrees(
                        CheckKeys.ENTRIES,
                        health.checks().stream().map(CheckKeys::tree).toList())
                .putTree(AgentKeys.SECTION, AgentKeys.tree(health.agent()))
                .putTree(OutlierKeys.SECTION, OutlierKeys.tree(health.outliers()))
                .put(ON_BACKEND_DOWN, health.onDown());
    }
}
