// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import io.mainstay.net.Endpoint;

/**
 * The way on which a client came to a proxy.
 *
 * @param client who connected
 * @param server to which address of the proxy
 */
public record ClientRoute(Endpoint client, Endpoint server) {

    /** Whether both are of the same family, as the PROXY protocol wants it. */
    boolean isOfOneFamily() {
        return client.address().family() == server.address().family();
    }
}
