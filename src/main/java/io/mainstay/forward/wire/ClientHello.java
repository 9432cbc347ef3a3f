// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import java.util.List;
import java.util.Optional;

/** What the first octets of a connection are, read as the first message of a TLS client. */
public sealed interface ClientHello {

    /** The beginning of one, and no more. */
    record Incomplete() implements ClientHello {}

    /**
     * A whole one.
     *
     * @param serverName the name of the server that is asked for, in lower case; empty: none is
     * @param protocols the application protocols that the client offers (ALPN), in its order
     */
    record Complete(Optional<String> serverName, List<String> protocols) implements ClientHello {

        public Complete {
            protocols = List.copyOf(protocols);
        }
    }

    /**
     * Something else, or a broken one.
     *
     * @param reason what is wrong and what was expected
     */
    record NotTls(String reason) implements ClientHello {}
}
