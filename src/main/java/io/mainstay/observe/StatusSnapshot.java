// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Instant;
import java.util.List;

/**
 * The state of a node at one moment, as {@code mainstay status} shows it. {@link StatusJson} gives the field names.
 *
 * @param node the node's name
 * @param version the product's version
 * @param configHash short hash of the configuration in force
 * @param time when the snapshot was taken, wall clock
 * @param startedAt when the daemon started, wall clock
 * @param virtualRouters in the order of the configuration
 * @param services in the order of the configuration
 */
public record StatusSnapshot(
        String node,
        String version,
        String configHash,
        Instant time,
        Instant startedAt,
        List<VirtualRouterStatus> virtualRouters,
        List<ServiceStatus> services) {

    public StatusSnapshot {
        virtualRouters = List.copyOf(virtualRouters);
        services = List.copyOf(services);
    }
}
