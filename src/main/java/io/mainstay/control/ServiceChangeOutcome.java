// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.observe.ServiceStatus;
import java.time.Duration;

/**
 * What became of a request to change a service.
 *
 * @param service name of the service
 * @param state its state now
 * @param connectionsActive connections it still has
 * @param connectionsReset connections that were reset because the deadline had passed
 * @param finished whether nothing is left to do: for a drain, that no connection is left and none may come
 * @param elapsed since the request
 */
public record ServiceChangeOutcome(
        String service,
        ServiceStatus.State state,
        long connectionsActive,
        long connectionsReset,
        boolean finished,
        Duration elapsed) {}
