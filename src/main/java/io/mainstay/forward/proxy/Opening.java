// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AccessList;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.wire.ProxyHeaderEncoder;
import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.net.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What comes before the octets of the client, on its connection and on that to the backend. Immutable; any thread. */
final class Opening {

    /** Null: nobody is. */
    private final @Nullable AccessList trusted;

    private final @Nullable ProxyVersion sent;

    Opening(TrafficConfig traffic) {
        ProxyProtocolConfig config = traffic.proxyProtocol();
        trusted =
                config.acceptFrom().isEmpty() ? null : new AccessList(new AccessConfig(config.acceptFrom(), List.of()));
        sent = config.send().orElse(null);
    }

    /** Whether a connection from there begins with a PROXY header. */
    boolean beginsWithHeader(IpAddress peer) {
        return trusted != null && trusted.allows(peer);
    }

    /** The octets with which the connection to a backend begins; null: none. */
    byte @Nullable [] headerFor(Visit visit) {
        return sent == null ? null : ProxyHeaderEncoder.forClient(sent, visit.route());
    }
}
