// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.Tier;
import io.mainstay.forward.kernel.EngineDecision;
import io.mainstay.forward.kernel.Latency;
import io.mainstay.forward.kernel.PortUse;
import io.mainstay.forward.proxy.BackendSnapshot;
import io.mainstay.forward.proxy.CheckReport;
import io.mainstay.forward.proxy.DrainStatus;
import io.mainstay.forward.proxy.ProxySnapshot;
import io.mainstay.forward.proxy.ServiceSnapshot;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.Packets;
import io.mainstay.observe.ServiceStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The services and their backends as people see them. */
final class ServiceStatuses {

    private static final EngineDecision PROXY = new EngineDecision(false, "");

    private final WallTime wallTime;

    ServiceStatuses(WallTime wallTime) {
        this.wallTime = wallTime;
    }

    /**
     * All of them.
     *
     * @param engines which engine forwards a service, where it is not just the proxy engine
     * @param ports how far the source ports of services are taken, where they have any
     * @param latencies how long backends take, where the kernel engine has measured it
     */
    List<ServiceStatus> of(
            ProxySnapshot proxy,
            Map<String, EngineDecision> engines,
            Map<String, PortUse> ports,
            Map<BackendKey, Latency> latencies) {
        return proxy.services().stream()
                .map(service -> status(
                        service, engines.getOrDefault(service.name(), PROXY), ports.get(service.name()), latencies))
                .toList();
    }

    private ServiceStatus status(
            ServiceSnapshot service,
            EngineDecision engine,
            @Nullable PortUse ports,
            Map<BackendKey, Latency> latencies) {
        Map<String, Long> refused = new TreeMap<>();
        service.refused().forEach((reason, count) -> refused.put(word(reason), count));
        return new ServiceStatus(
                service.name(),
                service.listeners().stream().map(ListenerConfig::toString).toList(),
                engine.kernel() ? "kernel" : "proxy",
                engine.reason(),
                word(service.balance()),
                state(service),
                word(service.tier()),
                service.active(),
                service.waiting(),
                service.total(),
                service.bytesIn(),
                service.bytesOut(),
                packets(engine, service.packetsIn(), service.packetsOut()),
                refused,
                service.backends().stream()
                        .map(backend -> backend(
                                backend,
                                engine,
                                latencies.get(new BackendKey(service.name(), backend.name(), backend.address()))))
                        .toList(),
                ports == null
                        ? null
                        : new ServiceStatus.SourcePorts(ports.used(), ports.limit(), ports.sources(), ports.backend()));
    }

    static ServiceStatus.State state(ServiceSnapshot service) {
        return switch (service.wish()) {
            case DRAIN -> ServiceStatus.State.DRAINING;
            case MAINTENANCE -> ServiceStatus.State.MAINTENANCE;
            case READY -> {
                if (service.tier() == Tier.NONE) {
                    yield ServiceStatus.State.DOWN;
                }
                yield service.open() ? ServiceStatus.State.SERVING : ServiceStatus.State.STANDBY;
            }
        };
    }

    /** A service that the relay has now may have been forwarded by the kernel engine before. */
    private static @Nullable Packets packets(EngineDecision engine, long in, long out) {
        return engine.kernel() || in > 0 || out > 0 ? new Packets(in, out) : null;
    }

    private BackendStatus backend(BackendSnapshot backend, EngineDecision engine, @Nullable Latency latency) {
        return new BackendStatus(
                backend.name(),
                backend.address().toString(),
                state(backend.state()),
                backend.reason(),
                backend.backup(),
                backend.weight(),
                backend.sharePercent(),
                backend.limit(),
                backend.active(),
                backend.total(),
                backend.bytesIn(),
                backend.bytesOut(),
                packets(engine, backend.packetsIn(), backend.packetsOut()),
                wallTime.of(backend.since()),
                drain(backend),
                lastCheck(backend.lastCheck()),
                latency == null
                        ? null
                        : new BackendStatus.Latency(quantiles(latency.connect()), quantiles(latency.firstByte())));
    }

    private static BackendStatus.@Nullable Quantiles quantiles(Latency.@Nullable Quantiles quantiles) {
        return quantiles == null
                ? null
                : new BackendStatus.Quantiles(quantiles.count(), quantiles.median(), quantiles.p99());
    }

    /** The state of a backend in a word; empty if there is none of that key. */
    static String stateWord(ProxySnapshot proxy, BackendKey key) {
        return proxy.services().stream()
                .filter(service -> service.name().equals(key.service()))
                .flatMap(service -> service.backends().stream())
                .filter(backend -> backend.name().equals(key.backend())
                        && backend.address().equals(key.address()))
                .map(backend -> word(state(backend.state())))
                .findFirst()
                .orElse("");
    }

    static BackendStatus.State state(BackendState state) {
        return switch (state) {
            case HEALTHY -> BackendStatus.State.HEALTHY;
            case UNHEALTHY -> BackendStatus.State.UNHEALTHY;
            case DRAINING -> BackendStatus.State.DRAINING;
            case MAINTENANCE -> BackendStatus.State.MAINTENANCE;
        };
    }

    private BackendStatus.@Nullable DrainProgress drain(BackendSnapshot backend) {
        DrainStatus drain = backend.drain();
        if (drain == null || backend.state() != BackendState.DRAINING) {
            return null;
        }
        Instant now = wallTime.now();
        Duration oldest = drain.oldest();
        return new BackendStatus.DrainProgress(
                drain.atStart(),
                now.plus(drain.remaining()),
                now.plus(drain.expected()),
                oldest == null ? null : now.minus(oldest),
                drain.clientsMayReturn());
    }

    private static BackendStatus.@Nullable LastCheck lastCheck(@Nullable CheckReport report) {
        return report == null
                ? null
                : new BackendStatus.LastCheck(report.at(), report.success(), report.duration(), report.detail());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
