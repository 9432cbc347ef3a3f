// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;

/**
 * One server behind a service.
 *
 * @param name how people call it; unique within the service. It also stands for the backend in every hash, so that it
 *     keeps its clients when others come and go
 * @param address where it listens
 * @param weight its share against the other backends, 0 to 1000; 0 gets no new connection
 * @param maxConnections how many connections it gets at the same time; 0: any number
 * @param backup whether it serves only when the others cannot, see {@link PanicConfig}
 */
public record BackendConfig(String name, Endpoint address, int weight, int maxConnections, boolean backup) {

    public BackendConfig {
        if (weight < 0 || weight > 1000) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: 0..1000)");
        }
        if (maxConnections < 0) {
            throw new IllegalArgumentException("max connections: " + maxConnections + " (expected: 0 or more)");
        }
    }

    /** A backend without limit that serves whenever it can. */
    public BackendConfig(String name, Endpoint address, int weight) {
        this(name, address, weight, 0, false);
    }
}
