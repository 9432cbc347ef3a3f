// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.kernel.KernelEngine;
import io.mainstay.forward.proxy.ProxySnapshot;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusSnapshot;
import io.mainstay.track.watch.TrackSnapshot;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Puts the snapshots of the rooms together into the one that people see. May be used by several threads. */
final class NodeStatus {

    private final RunningConfig config;
    private final Supplier<ElectionSnapshot> election;
    private final Supplier<ProxySnapshot> proxy;
    private final KernelEngine kernel;
    private final WallTime wallTime;
    private final RouterStatuses routers;
    private final ServiceStatuses services;
    private final Instant startedAt;

    NodeStatus(
            RunningConfig config,
            Supplier<ElectionSnapshot> election,
            Supplier<ProxySnapshot> proxy,
            KernelEngine kernel,
            Function<String, Optional<TrackSnapshot>> tracked,
            WallTime wallTime) {
        this.config = config;
        this.election = election;
        this.proxy = proxy;
        this.kernel = kernel;
        this.wallTime = wallTime;
        routers = new RouterStatuses(config.current().virtualRouters(), tracked, wallTime);
        services = new ServiceStatuses(wallTime);
        startedAt = wallTime.now();
    }

    private Map<String, Long> kernelEvents() {
        Map<String, Long> events = new LinkedHashMap<>();
        kernel.events().forEach((event, count) -> events.put(event.word(), count));
        return events;
    }

    StatusSnapshot snapshot() {
        ProxySnapshot engine = proxy.get();
        return new StatusSnapshot(
                config.current().node().name(),
                ProductVersion.current(),
                config.hash(),
                wallTime.now(),
                startedAt,
                routers.of(election.get()),
                services.of(engine, kernel.decisions(), kernel.ports(), kernel.latencies()),
                new StatusSnapshot.Connections(engine.connections(), engine.mostConnections()),
                kernelEvents(),
                kernel.interfaces());
    }
}
