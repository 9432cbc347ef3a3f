// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.net.Endpoint;

/**
 * Whom a check is about.
 *
 * @param service name of the service
 * @param backend name of the backend within it
 * @param endpoint where the backend serves
 */
public record ProbeTarget(String service, String backend, Endpoint endpoint) {

    /** Where a check of that port goes; 0: where the backend serves. */
    Endpoint at(int port) {
        return port == 0 ? endpoint : new Endpoint(endpoint.address(), port);
    }
}
