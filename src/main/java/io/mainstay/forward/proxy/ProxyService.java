// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.HealthCheckConfig;

/**
 * A service with the check that its backends must pass.
 *
 * @param config where clients arrive and who serves them
 * @param check how each backend is checked
 * @param traffic how its traffic is handled
 */
public record ProxyService(ServiceConfig config, HealthCheckConfig check, TrafficConfig traffic) {

    /** A service whose traffic is handled as by default. */
    public ProxyService(ServiceConfig config, HealthCheckConfig check) {
        this(config, check, TrafficConfig.DEFAULT);
    }
}
