// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.net.Prefix;
import java.util.List;
import java.util.Optional;

/**
 * How the address of a client is told from proxy to proxy.
 *
 * @param acceptFrom the networks of proxies that say in a header, at the beginning of each connection, for whom it is. From
 *     elsewhere no header is read
 * @param send the header with which connections to backends begin; empty: none
 */
public record ProxyProtocolConfig(List<Prefix> acceptFrom, Optional<ProxyVersion> send) {

    public static final ProxyProtocolConfig NONE = new ProxyProtocolConfig(List.of(), Optional.empty());

    public ProxyProtocolConfig {
        acceptFrom = List.copyOf(acceptFrom);
    }
}
