// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.util.List;

/**
 * Which clients of TLS are served by another service than the one at whose address they arrive.
 *
 * @param serverNames the names that they ask for, in lower case: one name, or {@code *.example.org} for all names below, or
 *     {@code *} for any; empty: whatever they ask for
 * @param protocols the application protocols of which they offer at least one; empty: whatever they offer
 * @param service name of the service that serves them
 */
public record RouteConfig(List<String> serverNames, List<String> protocols, String service) {

    public RouteConfig {
        serverNames = List.copyOf(serverNames);
        protocols = List.copyOf(protocols);
    }
}
