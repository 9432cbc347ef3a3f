// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.ServiceHealthConfig;

/**
 * One service, with the engine that is to forward it and the way its backends are judged.
 *
 * @param service what the forwarding needs to know
 * @param engine how it is forwarded
 * @param health how each backend of the service is judged
 * @param traffic how its traffic is handled
 */
public record ServiceSettings(
        ServiceConfig service, EngineSettings engine, ServiceHealthConfig health, TrafficConfig traffic) {}
