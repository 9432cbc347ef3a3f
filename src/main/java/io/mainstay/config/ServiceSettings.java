// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.HealthCheckConfig;

/**
 * One service, with the engine that is to forward it and the check of its backends.
 *
 * @param service what the forwarding needs to know
 * @param engine which engine is to forward
 * @param healthCheck how each backend of the service is checked
 * @param traffic how its traffic is handled
 */
public record ServiceSettings(
        ServiceConfig service, EngineChoice engine, HealthCheckConfig healthCheck, TrafficConfig traffic) {}
