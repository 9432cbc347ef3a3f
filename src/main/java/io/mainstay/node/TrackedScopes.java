// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.election.FaultCause;
import io.mainstay.election.Tracked;
import io.mainstay.election.TransitionReason;
import io.mainstay.track.PriorityAccount;
import io.mainstay.track.Tracker;
import io.mainstay.track.watch.TrackedScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is tracked, from the configuration to the election. */
final class TrackedScopes {

    private TrackedScopes() {}

    /** One for each virtual router for itself and for each sync group, if anything is tracked there. */
    static List<TrackedScope> of(MainstayConfig config) {
        Map<String, List<VirtualRouterSettings>> together = new LinkedHashMap<>();
        for (VirtualRouterSettings each : config.virtualRouters()) {
            String key = each.syncGroup()
                    .map(group -> "group " + group)
                    .orElse("router " + each.router().name());
            together.computeIfAbsent(key, fresh -> new ArrayList<>()).add(each);
        }
        return together.values().stream()
                .filter(members ->
                        members.stream().anyMatch(each -> !each.trackers().isEmpty()))
                .map(TrackedScopes::scope)
                .toList();
    }

    private static TrackedScope scope(List<VirtualRouterSettings> members) {
        VirtualRouterSettings first = members.getFirst();
        return new TrackedScope(
                first.syncGroup().orElse(first.router().name()),
                members.stream().map(each -> each.router().name()).toList(),
                first.router().priority(),
                members.stream().flatMap(each -> each.trackers().stream()).toList());
    }

    /** What the election has to know before anything was looked at; empty if nothing is tracked for the virtual router. */
    static Optional<Tracked> beforeTheFirstLook(List<TrackedScope> scopes, String router) {
        return scopes.stream()
                .filter(scope -> scope.routers().contains(router))
                .map(scope -> new PriorityAccount(
                        scope.base(),
                        scope.trackers().stream()
                                .map(tracker -> new Tracker(tracker).standing())
                                .toList()))
                .map(TrackedScopes::tracked)
                .findFirst();
    }

    static Tracked tracked(PriorityAccount account) {
        return new Tracked(
                account.effective(),
                account.fault().map(detail -> new FaultCause(TransitionReason.TRACKER_FAILED, detail)),
                account.undecided().map(what -> "the first look at " + what));
    }
}
