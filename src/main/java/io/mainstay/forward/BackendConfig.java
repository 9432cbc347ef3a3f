// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;

/**
 * One server behind a service.
 *
 * @param name how people call it; unique within the service
 * @param address where it listens
 * @param weight its share against the other backends, 0 to 1000; 0 gets no new connection
 */
public record BackendConfig(String name, Endpoint address, int weight) {

    public BackendConfig {
        if (weight < 0 || weight > 1000) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: 0..1000)");
        }
    }
}
