// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of a node at one moment, as {@code mainstay status} shows it. {@link StatusJson} gives the field names.
 *
 * @param node the node's name
 * @param version of the daemon
 * @param configHash short hash of the configuration in force
 * @param time when the snapshot was taken, wall clock
 * @param startedAt when the daemon started, wall clock
 * @param virtualRouters in the order of the configuration
 * @param services in the order of the configuration
 * @param connections of the whole node
 * @param kernelEvents how often what has happened in the data path of the kernel engine since it was loaded; empty without one
 * @param kernelInterfaces how packets are forwarded on each interface of the kernel engine, in words; empty without one
 */
public record StatusSnapshot(
        String node,
        ProductVersion version,
        String configHash,
        Instant time,
        Instant startedAt,
        List<VirtualRouterStatus> virtualRouters,
        List<ServiceStatus> services,
        Connections connections,
        Map<String, Long> kernelEvents,
        Map<String, String> kernelInterfaces) {

    /**
     * Connections and sessions of clients in all services of the proxy engine, those included that have no backend yet.
     *
     * @param active how many there are
     * @param limit how many there may be; more are reset
     */
    public record Connections(long active, long limit) {}

    /** How {@link #kernelInterfaces} begins of an interface where XDP takes no part; the reason follows. */
    public static final String TC_ALONE = "tc: ";

    public StatusSnapshot {
        virtualRouters = List.copyOf(virtualRouters);
        services = List.copyOf(services);
        kernelEvents = Collections.unmodifiableMap(new LinkedHashMap<>(kernelEvents));
        kernelInterfaces = Collections.unmodifiableMap(new TreeMap<>(kernelInterfaces));
    }
}
