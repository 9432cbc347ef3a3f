// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.observe.TrackerStatus;
import io.mainstay.observe.VirtualRouterStatus;
import io.mainstay.time.MonotonicInstant;
import io.mainstay.track.Effect;
import io.mainstay.track.TrackerStanding;
import io.mainstay.track.watch.TrackSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The virtual routers as people see them. */
final class RouterStatuses {

    private final List<VirtualRouterSettings> configured;
    private final Function<String, Optional<TrackSnapshot>> tracked;
    private final WallTime wallTime;

    /** @param tracked what is tracked for a virtual router */
    RouterStatuses(
            List<VirtualRouterSettings> configured,
            Function<String, Optional<TrackSnapshot>> tracked,
            WallTime wallTime) {
        this.tracked = tracked;
        this.configured = List.copyOf(configured);
        this.wallTime = wallTime;
    }

    /** In the order of the configuration, which is the election's own. */
    List<VirtualRouterStatus> of(ElectionSnapshot election) {
        Map<String, VirtualRouterSettings> byName = configured.stream()
                .collect(Collectors.toMap(settings -> settings.router().name(), Function.identity()));
        return election.routers().stream()
                .map(router -> status(configOf(router, byName), router, election))
                .toList();
    }

    private static VirtualRouterSettings configOf(
            ElectionSnapshot.Router router, Map<String, VirtualRouterSettings> byName) {
        VirtualRouterSettings config = byName.get(router.name());
        if (config == null) {
            throw new IllegalStateException(
                    "virtual router " + router.name() + " (expected: one of " + byName.keySet() + ")");
        }
        return config;
    }

    private VirtualRouterStatus status(
            VirtualRouterSettings settings, ElectionSnapshot.Router router, ElectionSnapshot election) {
        VirtualRouterConfig config = settings.router();
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
                config.protocol().checksum().name().toLowerCase(Locale.ROOT),
                router.handingOver(),
                router.preemptionSuspended(),
                router.counters().advertisementsSent(),
                router.counters().advertisementsReceived(),
                router.counters().conflictTime(),
                discards(config, election),
                tracked.apply(config.name())
                        .map(snapshot -> snapshot.account().breakdown())
                        .orElse(config.priority().toString()),
                trackers(config.name()),
                virtualMacs(settings));
    }

    private static List<String> virtualMacs(VirtualRouterSettings settings) {
        VirtualRouterConfig router = settings.router();
        return settings.virtualMac().stream()
                .flatMap(config -> router.families().stream()
                        .map(family -> MacAddress.ofVirtualRouter(family, router.vrid()) + " on "
                                + config.interfaceName(family, router.vrid())))
                .toList();
    }

    private List<TrackerStatus> trackers(String router) {
        return tracked.apply(router).stream()
                .flatMap(snapshot -> snapshot.trackers().stream())
                .map(entry -> tracker(entry.standing(), entry.since()))
                .toList();
    }

    private TrackerStatus tracker(TrackerStanding standing, MonotonicInstant since) {
        String effect = switch (standing.effect()) {
            case Effect.Fault ignored -> "fault";
            case Effect.Weight weight -> Integer.toString(weight.weight());
            case Effect.Stated ignored -> "stated";
        };
        return new TrackerStatus(
                standing.id().kind().name().toLowerCase(Locale.ROOT),
                standing.id().name(),
                TrackerStatus.State.valueOf(standing.state().name()),
                effect,
                standing.added(),
                standing.detail(),
                wallTime.of(since));
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
