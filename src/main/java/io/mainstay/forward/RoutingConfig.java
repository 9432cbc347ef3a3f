// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.List;

/**
 * How the clients of a service are shared out among services, by the first message of TLS.
 *
 * @param routes the first that fits a client decides; none: nobody's first message is looked at
 * @param otherwise what becomes of a client whom none fits, or who does not speak TLS
 */
public record RoutingConfig(List<RouteConfig> routes, Otherwise otherwise) {

    public static final RoutingConfig NONE = new RoutingConfig(List.of(), Otherwise.BACKENDS);

    /** What becomes of a client whom no route fits. */
    public enum Otherwise {
        /** It is served by the backends of the service itself. */
        BACKENDS,
        REFUSE
    }

    public RoutingConfig {
        routes = List.copyOf(routes);
    }
}
