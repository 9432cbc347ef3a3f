// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ServiceConfig;
import io.mainstay.health.ServiceHealthConfig;

/**
 * A service, and how its backends are judged.
 *
 * @param config where clients arrive and who serves them
 * @param health how each backend is judged
 */
public record ProxyService(ServiceConfig config, ServiceHealthConfig health) {}
