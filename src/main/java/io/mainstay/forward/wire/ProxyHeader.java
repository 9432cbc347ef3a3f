// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import java.util.Optional;

/** What the first octets of a connection are, read as a header of the PROXY protocol. */
public sealed interface ProxyHeader {

    /** The beginning of a header, and no more. */
    record Incomplete() implements ProxyHeader {}

    /**
     * A whole header.
     *
     * @param length octets of the connection that it takes up
     * @param route where the connection came from; empty: from the sender of the header itself, as its health checks do, or
     *     by a way that has no addresses of IP
     */
    record Complete(int length, Optional<ClientRoute> route) implements ProxyHeader {}

    /**
     * No header, or a broken one.
     *
     * @param reason what is wrong and what was expected
     */
    record Malformed(String reason) implements ProxyHeader {}
}
