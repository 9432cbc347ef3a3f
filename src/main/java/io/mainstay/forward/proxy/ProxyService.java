// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.ServiceHealthConfig;

/**
 * A service, and how its backends are judged.
 *
 * @param config where clients arrive and who serves them
 * @param health how each backend is judged
 * @param traffic how its traffic is handled
 */
public record ProxyService(ServiceConfig config, ServiceHealthConfig health, TrafficConfig traffic) {

    /** A service whose traffic is handled as by default. */
    public ProxyService(ServiceConfig config, ServiceHealthConfig health) {
        this(config, health, TrafficConfig.DEFAULT);
    }
}
