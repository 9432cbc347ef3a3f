// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.List;

/**
 * The engine at one moment. Counters of different backends are read one after the other, not at one instant.
 *
 * @param services in the order of the configuration
 * @param connections connections and sessions of clients in all services, those included that have no backend yet
 * @param mostConnections how many of these there may be
 */
public record ProxySnapshot(List<ServiceSnapshot> services, int connections, int mostConnections) {

    public ProxySnapshot {
        services = List.copyOf(services);
    }
}
