// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.observe.VirtualRouterStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The virtual routers as people see them. */
final class RouterStatuses {

    private final List<VirtualRouterConfig> configured;
    private final WallTime wallTime;

    RouterStatuses(List<VirtualRouterSettings> configured, WallTime wallTime) {
        this.configured = configured.stream().map(VirtualRouterSettings::router).toList();
        this.wallTime = wallTime;
    }

    /** In the order of the configuration, which is the election's own. */
    List<VirtualRouterStatus> of(ElectionSnapshot election) {
        Map<String, VirtualRouterConfig> byName =
                configured.stream().collect(Collectors.toMap(VirtualRouterConfig::name, Function.identity()));
        return election.routers().stream()
                .map(router -> status(configOf(router, byName), router, election))
                .toList();
    }

    private static VirtualRouterConfig configOf(
            ElectionSnapshot.Router router, Map<String, VirtualRouterConfig> byName) {
        VirtualRouterConfig config = byName.get(router.name());
        if (config == null) {
            throw new IllegalStateException(
                    "virtual router " + router.name() + " (expected: one of " + byName.keySet() + ")");
        }
        return config;
    }

    private VirtualRouterStatus status(
            VirtualRouterConfig config, ElectionSnapshot.Router router, ElectionSnapshot election) {
        return new VirtualRouterStatus(
                config.name(),
                config.vrid().value(),
                config.interfaceName().value(),
                VirtualRouterStatus.State.valueOf(router.state()),
                router.explanation(),
                config.priority().value(),
                router.effectivePriority().value(),
                config.advertisementInterval(),
                config.addresses().stream().map(VirtualAddress::toString).toList(),
                router.activeAddress().map(IpAddress::toString).orElse(null),
                wallTime.of(router.since()),
                router.counters().transitions(),
                config.checksum().name().toLowerCase(Locale.ROOT),
                router.handingOver(),
                router.preemptionSuspended(),
                router.counters().advertisementsSent(),
                router.counters().advertisementsReceived(),
                router.counters().conflictTime(),
                discards(config, election));
    }

    /** What arrives for no known virtual router cannot be told apart, so all on one interface show the same counts. */
    private static Map<String, Long> discards(VirtualRouterConfig config, ElectionSnapshot election) {
        Map<String, Long> discards = new LinkedHashMap<>();
        election.interfaces().stream()
                .filter(each -> each.name().equals(config.interfaceName()))
                .flatMap(each -> each.discards().entrySet().stream())
                .sorted(Map.Entry.comparingByKey())
                .forEachOrdered(entry -> discards.put(label(entry.getKey()), entry.getValue()));
        return discards;
    }

    private static String label(DiscardReason reason) {
        return reason.label();
    }
}
