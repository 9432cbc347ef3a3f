// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One service in a snapshot.
 *
 * @param name its name
 * @param listen where clients arrive, such as {@code 198.51.100.10:443/tcp}
 * @param engine the engine that forwards it: {@code proxy} or {@code kernel}
 * @param engineReason why that one; empty if nothing is to be said
 * @param balance how a backend is chosen, as the configuration calls it
 * @param state whether clients are served
 * @param tier which backends get new connections: {@code healthy}, {@code backup}, {@code all} or {@code none}
 * @param connectionsActive connections that live now
 * @param connectionsWaiting connections of clients that wait for a backend
 * @param connectionsTotal connections accepted since the daemon started
 * @param bytesIn octets from clients since the daemon started
 * @param bytesOut octets to clients since the daemon started
 * @param packets null where the kernel engine has forwarded nothing, as the relay sees none
 * @param refused connections that were not served, by reason; reasons with zero may be left out
 * @param backends in the order of the configuration
 * @param sourcePorts how far the ports are taken that its connections leave from; null where they leave otherwise
 */
public record ServiceStatus(
        String name,
        List<String> listen,
        String engine,
        String engineReason,
        String balance,
        State state,
        String tier,
        long connectionsActive,
        long connectionsWaiting,
        long connectionsTotal,
        long bytesIn,
        long bytesOut,
        @Nullable Packets packets,
        Map<String, Long> refused,
        List<BackendStatus> backends,
        @Nullable SourcePorts sourcePorts) {

    /**
     * Of the kernel engine in mode full_nat: to the backend that has most.
     *
     * @param used connections to it
     * @param limit how many there can be
     * @param sourceAddresses from how many addresses
     * @param backend its name; empty if there is none
     */
    public record SourcePorts(long used, long limit, int sourceAddresses, String backend) {}

    /** Whether clients are served. */
    public enum State {
        /** Clients are served by at least one backend. */
        SERVING,
        /** The listeners are bound and the backends checked, but the address is with another node. */
        STANDBY,
        /** An operator lets it run empty; it takes no new connection. */
        DRAINING,
        /** An operator has taken it out; it takes no new connection. */
        MAINTENANCE,
        /** No client can be served: no backend may be chosen, or a listener is not bound. */
        DOWN
    }

    public ServiceStatus {
        listen = List.copyOf(listen);
        refused = Collections.unmodifiableMap(new LinkedHashMap<>(refused));
        backends = List.copyOf(backends);
    }
}
