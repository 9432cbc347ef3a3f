// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AccessList;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.RouteTable;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.wire.ClientHello;
import io.mainstay.forward.wire.ProxyHeaderEncoder;
import io.mainstay.forward.wire.ProxyVersion;
import io.mainstay.net.IpAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What comes before the octets of the client, on its connection and on that to the backend. Immutable; any thread. */
final class Opening {

    /** Null: nobody is. */
    private final @Nullable AccessList trusted;

    private final @Nullable ProxyVersion sent;

    /** Null: nobody is routed. */
    private final @Nullable RouteTable routes;

    private final boolean othersAreServed;

    Opening(TrafficConfig traffic) {
        ProxyProtocolConfig config = traffic.proxyProtocol();
        trusted =
                config.acceptFrom().isEmpty() ? null : new AccessList(new AccessConfig(config.acceptFrom(), List.of()));
        sent = config.send().orElse(null);
        RoutingConfig routing = traffic.routing();
        routes = routing.routes().isEmpty() ? null : new RouteTable(routing.routes());
        othersAreServed = routing.otherwise() == RoutingConfig.Otherwise.BACKENDS;
    }

    /** Whether a connection from there begins with a PROXY header. */
    boolean beginsWithHeader(IpAddress peer) {
        return trusted != null && trusted.allows(peer);
    }

    /** Whether clients have to say what they ask for before it is known who serves them. */
    boolean routes() {
        return routes != null;
    }

    /** The route of a client; empty: none fits. */
    Optional<RouteConfig> routeOf(ClientHello.Complete hello) {
        return routes == null ? Optional.empty() : routes.find(hello);
    }

    /** Whether clients whom no route fits are served here. */
    boolean servesOthers() {
        return othersAreServed;
    }

    /** The octets with which the connection to a backend begins; null: none. */
    byte @Nullable [] headerFor(Visit visit) {
        return sent == null ? null : ProxyHeaderEncoder.forClient(sent, visit.route());
    }
}
