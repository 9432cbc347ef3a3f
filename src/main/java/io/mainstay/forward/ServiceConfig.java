// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;
import java.util.List;

/**
 * One service as the operator wants it.
 *
 * @param name how people call it; unique on the node
 * @param listeners where clients arrive; at least one
 * @param selection how a backend is chosen for a new connection
 * @param drainTimeout how long connections of a draining backend may live on unless the command says otherwise
 * @param timeouts when a silent or unfinished connection is ended
 * @param backends who serves; names unique within the service
 */
public record ServiceConfig(
        String name,
        List<ListenerConfig> listeners,
        SelectionConfig selection,
        Duration drainTimeout,
        TimeoutConfig timeouts,
        List<BackendConfig> backends) {

    public ServiceConfig {
        listeners = List.copyOf(listeners);
        backends = List.copyOf(backends);
    }
}
