// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Payload;
import io.mainstay.net.Endpoint;

/**
 * Whom a check is about.
 *
 * @param service name of the service
 * @param backend name of the backend within it
 * @param endpoint where the backend serves
 * @param preface what every TCP connection to that endpoint begins with, before all else; none as a rule
 */
public record ProbeTarget(String service, String backend, Endpoint endpoint, Payload preface) {

    /** A backend that expects nothing special. */
    public ProbeTarget(String service, String backend, Endpoint endpoint) {
        this(service, backend, endpoint, Payload.NONE);
    }

    /** What a TCP connection to there begins with. Whoever has a port for checks alone expects nothing of proxies. */
    Payload prefaceAt(Endpoint at) {
        return at.equals(endpoint) ? preface : Payload.NONE;
    }

    /** Where a check of that port goes; 0: where the backend serves. */
    Endpoint at(int port) {
        return port == 0 ? endpoint : new Endpoint(endpoint.address(), port);
    }
}
