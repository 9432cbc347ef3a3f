// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.List;

/**
 * The engine at one moment. Counters of different backends are read one after the other, not at one instant.
 *
 * @param services in the order of the configuration
 */
public record ProxySnapshot(List<ServiceSnapshot> services) {

    public ProxySnapshot {
        services = List.copyOf(services);
    }
}
